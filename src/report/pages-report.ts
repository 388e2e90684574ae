import { ABSENCES } from '../absence.ts';
import type { MemoryImage } from '../formats/image/image.ts';
import type { Vmcoreinfo } from '../kernel/vmcoreinfo/vmcoreinfo.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { Census } from '../pages/census/census.ts';
import type { CompatCensus } from '../pages/census/compat.ts';
import type { FreeCheck } from '../pages/checks/free-lists.ts';
import type { ClassCounts, PageClass } from '../pages/classify/page-class.ts';
import { type CheckedFigures, checkedFigures, contradictions } from './checks.ts';
import { amount, type Figure, figure, type PageAmount } from './figure.ts';
import { liveChange } from './live-change.ts';
import { ROW_NAMES } from './row-names.ts';
import { plural, size } from './units.ts';

/** A row of the report, and whether makedumpfile -d 31 leaves its pages out. */
export interface ClassRow extends Figure {
  readonly excludable: boolean;
}

/** One zone of the self-check. All pages. */
export interface FreeCheckRow {
  readonly node: number;
  readonly zone: string;
  readonly counted: number;
  readonly freeArea: number;
  readonly vmStat: number;
}

/** The document of `pages --json`. */
export interface PagesReport extends CheckedFigures {
  readonly schema: 'kdump-inspect/pages/1';
  readonly file: { readonly path: string; readonly format: string; readonly bytes: number | null };
  readonly kernel: { readonly release: string | null; readonly crashTime?: number };
  readonly pageSize: number;
  readonly total: Figure;
  /** Each class that makedumpfile counts, and other classes that have pages. */
  readonly classes: Readonly<Record<CountedClass, ClassRow>> &
    Readonly<Partial<Record<UncountedClass, ClassRow>>>;
  /** Pages in no row, because the dump does not tell what they are. */
  readonly unknown: PageAmount;
  readonly compat: null | 'makedumpfile';
  readonly freeCheck: { readonly zones: readonly FreeCheckRow[] } | { readonly unavailable: string } | null;
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

/** Classes that makedumpfile does not know. */
type UncountedClass = 'uninitialized' | 'zoneDevice';
type CountedClass = Exclude<PageClass, UncountedClass>;
const WHEN_ANY: ReadonlySet<PageClass> = new Set<UncountedClass>(['uninitialized', 'zoneDevice']);

/** What the report is made from. */
export interface PagesFacts {
  readonly image: MemoryImage;
  readonly info: Vmcoreinfo;
  readonly excludable: Readonly<Record<PageClass, boolean>>;
}

/** Whether a count is exact, a lower bound, or an upper bound. */
type Known = 'exactly' | 'least' | 'most';

function rows(
  counts: ClassCounts,
  facts: PagesFacts,
  known: (name: PageClass) => Known,
): PagesReport['classes'] {
  const all = Object.entries(counts) as [PageClass, number][];
  const entries = all.filter(([name, n]) => n !== 0 || !WHEN_ANY.has(name));
  return Object.fromEntries(
    entries.map(([name, n]) => [name, { ...row(n, known(name)), excludable: facts.excludable[name] }]),
  ) as PagesReport['classes'];
}

function row(pages: number, known: Known): Figure {
  return figure(known === 'most' ? 0 : pages, known === 'exactly');
}

function head(facts: PagesFacts): Pick<PagesReport, 'schema' | 'file' | 'kernel' | 'pageSize'> {
  const { image, info } = facts;
  const { crashTime } = info;
  return {
    schema: 'kdump-inspect/pages/1',
    file: { path: image.path, format: image.format, bytes: image.bytes },
    kernel: {
      release: info.get('OSRELEASE') ?? null,
      ...(crashTime === undefined ? {} : { crashTime }),
    },
    pageSize: PAGE_SIZE,
  };
}

/** Rows that only the contents of a page distinguish. */
const BY_CONTENTS: ReadonlySet<PageClass> = new Set(['zero', 'kernelData']);

/** The default report, which counts each physical page once. */
export function pagesReport(facts: PagesFacts, census: Census): PagesReport {
  const unclassified = [...census.unclassified.values()].reduce((sum, n) => sum + n, 0);
  const lacking = census.missingEnd !== null || census.missingMemory !== null;
  const endless = lacking && (census.missingEnd !== null || census.missingMemory?.areZero !== true);
  const change = liveChange(census.mapChange);
  const checks = 'zones' in census.freeCheck ? census.freeCheck.checks : [];
  const untold = new Set(census.untold.map(({ row }) => row));
  const known = (name: PageClass): Known => {
    const byContents = BY_CONTENTS.has(name);
    if (untold.size > 0 && byContents) return 'most';
    const doubtful =
      endless ||
      (lacking && name === 'zero') ||
      unclassified > 0 ||
      untold.has(name) ||
      (census.undecided > 0 && byContents);
    return doubtful ? 'least' : 'exactly';
  };
  return {
    ...head(facts),
    total: figure(census.total, !lacking),
    classes: rows(census.counts, facts, known),
    unknown: amount(unclassified + census.undecided),
    compat: null,
    freeCheck: freeCheckRows(census.freeCheck),
    warnings: [
      ...facts.info.doubts,
      ...damageWarnings(facts.image),
      ...missingWarnings(census),
      ...unknownWarnings(census),
      ...unwrittenWarnings(census),
      ...strayWarnings(census),
      ...untoldWarnings(census),
      ...checkWarnings(census),
      ...contradictions(checks),
      ...change.warnings,
    ],
    complete:
      !lacking &&
      unclassified === 0 &&
      isWhole(facts.image) &&
      damaged(census) === 0 &&
      census.unwritten === 0 &&
      census.strays === 0 &&
      census.untold.length === 0 &&
      uncheckedFree(census) === null &&
      change.complete,
    ...checkedFigures(checks),
  };
}

/** The report of --compat makedumpfile, which is made only for whole dumps. */
export function compatReport(facts: PagesFacts, census: CompatCensus): PagesReport {
  return {
    ...head(facts),
    total: amount(census.total),
    classes: rows(census.counts, facts, () => 'exactly'),
    unknown: amount(0),
    compat: 'makedumpfile',
    freeCheck: null,
    warnings: [...facts.info.doubts, ...facts.image.warnings],
    complete: true,
    ...checkedFigures([]),
  };
}

function isWhole(image: MemoryImage): boolean {
  return !image.memory.cutShort;
}

function damageWarnings(image: MemoryImage): string[] {
  if (isWhole(image)) return [...image.warnings];
  const missing = image.memory.amounts.truncated;
  const cut =
    missing > 0
      ? `the file is truncated: ${size(missing)} of the memory that its headers describe are missing`
      : 'the file was truncated while it was read';
  return [...image.warnings, cut];
}

/** Pages whose contents should be there. A filtered dump is not incomplete; a damaged one is. */
function damaged({ undecided, absences }: Census): number {
  return undecided - (absences.get('notStored') ?? 0);
}

function unknownWarnings({ undecided, absences, unclassified }: Census): string[] {
  const why = [...absences].map(([absence, pages]) => `${ABSENCES[absence]} (${pages})`).join(', ');
  const contents = `${plural(undecided, 'page')} that no rule excludes have no contents, so whether they are ZERO or KERN_DATA is unknown; their contents are ${why}`;
  const reasons = [...unclassified].map(
    ([reason, pages]) => `${plural(pages, 'page')} cannot be classified: ${reason}`,
  );
  return [...(undecided > 0 ? [contents] : []), ...reasons];
}

function missingWarnings({ missingEnd, missingMemory }: Census): string[] {
  return [
    ...(missingEnd === null ? [] : [`memory is or may be missing at the end of the dump: ${missingEnd}`]),
    ...(missingMemory === null ? [] : [missingMemory.sentence]),
  ];
}

/** The kernel initialises the struct pages of all its memory before it uses any of it. */
function unwrittenWarnings({ unwritten }: Census): string[] {
  const what = `${plural(unwritten, 'page')} have struct pages that were never written, so their use is unknown`;
  return unwritten === 0 ? [] : [what];
}

/** Only the head of a compound decides its class, so a damaged head changes the class of all its pages. */
function strayWarnings({ strays }: Census): string[] {
  const what = `${plural(strays, 'page')} have struct pages that are impossible or contradict the heads of their compounds: the rows may be wrong by all of their pages`;
  return strays === 0 ? [] : [what];
}

function untoldWarnings({ untold }: Census): string[] {
  return untold.map(
    ({ key, row }) =>
      `without ${key} in VMCOREINFO, ${ROW_NAMES[row]} cannot be distinguished from KERN_DATA and ZERO`,
  );
}

function checkWarnings(census: Census): string[] {
  const warnings =
    census.badOrders === 0
      ? []
      : [`${plural(census.badOrders, 'free block')} of an impossible order, kept as kernel data`];
  const unchecked = uncheckedFree(census);
  return unchecked === null ? warnings : [...warnings, `FREE cannot be checked: ${unchecked}`];
}

/** Why the free lists cannot be read, although the dump should have them. */
function uncheckedFree({ freeCheck }: Census): string | null {
  return 'unavailable' in freeCheck && freeCheck.lost ? freeCheck.unavailable : null;
}

function freeCheckRows(check: FreeCheck): PagesReport['freeCheck'] {
  if ('unavailable' in check) return { unavailable: check.unavailable };
  return {
    zones: check.zones.map(({ node, name, counted, freeArea, vmStat }) => ({
      node,
      zone: name,
      counted,
      freeArea,
      vmStat,
    })),
  };
}
