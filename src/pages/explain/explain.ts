import type { Absence } from '../../absence.ts';
import { InspectError } from '../../errors.ts';
import { HoldingCode, type PhysicalMemory } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { ClassJudge } from '../classify/class-judge.ts';
import type { PageClass } from '../classify/page-class.ts';
import { requireKeys } from '../classify/required-keys.ts';
import { FIRST_EXCLUDING, RULES, Rule } from '../classify/rules.ts';
import { ZeroPages } from '../classify/zero-pages.ts';
import { compoundOrder } from '../struct-pages/compound-order.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { SPAN_PAGES } from '../walk/spans.ts';
import { Walk } from '../walk/walk.ts';
import { zonesOrNone } from '../zones/try-zones.ts';

/** A page type, by the name of its VMCOREINFO key. */
export type PageType = 'buddy' | 'offline' | 'unaccepted' | 'slab' | 'hugetlb';

/** A struct page, decoded as far as VMCOREINFO goes. */
export interface StructPage {
  /** Virtual address. */
  readonly address: bigint;
  readonly flags: bigint;
  /** The flags whose bits VMCOREINFO names, as the kernel spells them. */
  readonly flagNames: readonly string[];
  readonly _refcount: number;
  /** The word that is _mapcount or page_type. */
  readonly _mapcount: number;
  readonly pageType: PageType | null;
  readonly mapping: bigint;
  readonly private: bigint;
  /** compound_head or compound_info; null where the kernel has neither. */
  readonly compound: bigint | null;
  /** Order of the compound that this page is the head of, 0 for any other page. */
  readonly order: number;
}

/** Everything about one page. */
export interface PageExplanation {
  readonly pfn: number;
  /** Whether the dump holds its contents, or why not. */
  readonly contents: 'stored' | Absence;
  /** Whether the contents are all zero; null where they are not there. */
  readonly zero: boolean | null;
  readonly section: number;
  /** null without one; `structPageError` says when it should be there and cannot be read. */
  readonly structPage: StructPage | null;
  readonly structPageError: string | null;
  readonly rule: (typeof RULES)[number]['name'];
  readonly reason: string;
  /** The head of the free block or compound that decided for this page, when that is another page. */
  readonly decidedBy: number | null;
  /** null where the dump cannot tell. */
  readonly class: PageClass | null;
}

/**
 * Says what one page is and which rule decided it, by the same rules as the census.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read; notStored for a pfn that neither
 * the dump nor the kernel's memory map knows
 */
export function explainPage(kernel: Kernel, pfn: number): PageExplanation {
  requireKeys(kernel);
  const { memory } = kernel.image;
  const isHole = surveyed(memory, pfn)[0] === HoldingCode.hole;
  const decoded = decodeStructPage(kernel, new StructPages(kernel), pfn);
  if (isHole) requireStructPage(pfn, decoded);
  const structPages = new StructPages(kernel);
  const verdict = verdictOf(kernel, structPages, pfn, isHole);
  const zero = new ZeroPages(memory).isZero(pfn) ?? null;
  const rule = RULES[verdict.rule] as (typeof RULES)[number];
  return {
    pfn,
    contents:
      zero === null
        ? (memory.read(pfn * PAGE_SIZE, new Uint8Array(PAGE_SIZE))?.absence ?? 'notStored')
        : 'stored',
    zero,
    section: Math.floor(pfn / structPages.pagesPerSection),
    structPage: typeof decoded === 'string' ? null : decoded,
    structPageError: typeof decoded === 'string' ? decoded : null,
    rule: rule.name,
    reason: rule.reason,
    decidedBy: verdict.head === pfn ? null : verdict.head,
    class: rule.class ?? byContents(verdict.rule, zero),
  };
}

/** A page that the dump does not cover is told by its struct page, if it has one. @throws InspectError notStored */
function requireStructPage(pfn: number, decoded: StructPage | string | null): void {
  const lacking = typeof decoded === 'string' ? decoded : decoded === null ? '' : unwritten(decoded);
  if (lacking === null) return;
  const where = `pfn ${pfn} (physical ${hex(pfn * PAGE_SIZE)}) is in no segment of the dump`;
  const message = lacking === '' ? where : `${where}, and ${lacking}`;
  throw new InspectError('notStored', message, { address: BigInt(pfn) * BigInt(PAGE_SIZE) });
}

/** No page but a tail is mapped without a reference; memory that no kernel wrote a struct page into says so. */
function unwritten({ address, compound, _mapcount, _refcount }: StructPage): string | null {
  const isTail = compound !== null && (compound & 1n) === 1n;
  if (isTail || _mapcount < 0 || _refcount > 0) return null;
  return `what is in the place of its struct page, at ${hex(address)}, is not one: _mapcount ${_mapcount}, _refcount ${_refcount}`;
}

function byContents(rule: Rule, zero: boolean | null): PageClass | null {
  if (rule >= FIRST_EXCLUDING || zero === null) return null;
  return zero ? 'zero' : 'kernelData';
}

function surveyed(memory: PhysicalMemory, pfn: number): Uint8Array {
  const holding = new Uint8Array(1);
  memory.survey(pfn, holding);
  return holding;
}

/**
 * Runs the census from where the page's head can be at the earliest, the begin of its span, up to the page: over what the
 * dump covers, or for a page that it does not cover over all that may have struct pages.
 */
function verdictOf(
  kernel: Kernel,
  structPages: StructPages,
  pfn: number,
  isHole: boolean,
): { rule: Rule; head: number } {
  const keys = { ...pageKeys(kernel.info), device: deviceTest(zonesOrNone(kernel), kernel.info) };
  const walk = new Walk(structPages, keys, new ClassJudge(keys));
  const { extents } = walk.judge;
  const start = pfn - (pfn % SPAN_PAGES);
  const before = isHole
    ? [{ start, end: pfn + 1 }]
    : pfnRanges(kernel.image.memory.described(start * PAGE_SIZE, (pfn + 1) * PAGE_SIZE));
  let rule: Rule = Rule.noStructPage;
  for (const run of runsOf(before)) {
    extents.clear();
    walk.run(run.pfn, run.count);
    rule = extents.rules[extents.length - 1] as Rule;
  }
  const unknown: readonly Rule[] = [Rule.unreadable, Rule.headUnread, Rule.noStructPage];
  const covered = !unknown.includes(rule) && pfn < walk.cover.until;
  return { rule, head: covered ? walk.cover.head : pfn };
}

/** The struct page of a pfn: decoded, null without one, or why it cannot be read. */
function decodeStructPage(kernel: Kernel, structPages: StructPages, pfn: number): StructPage | null | string {
  const keys = pageKeys(kernel.info);
  try {
    const address = structPages.addressOf(pfn);
    if (address === null) return null;
    const [gap] = structPages.readRun(pfn, 1).unreadable;
    if (gap) return gap.reason;
    const w = structPages.words;
    const at = (word: number) => w[word] as number;
    const wide = (word: number) => (BigInt(at(word + 1) >>> 0) << 32n) | BigInt(at(word) >>> 0);
    return {
      address,
      flags: wide(keys.flags),
      flagNames: flagNames(kernel, at(keys.flags), keys.headMask),
      _refcount: at(keys.refcount) | 0,
      _mapcount: at(keys.type) | 0,
      pageType: pageTypeOf(keys, w),
      mapping: wide(keys.mapping),
      private: wide(keys.private),
      compound: keys.compound < 0 ? null : wide(keys.compound),
      order: compoundOrder(w, 0, pfn, keys),
    };
  } catch (error) {
    if (error instanceof InspectError) return error.message;
    throw error;
  }
}

function pageTypeOf(keys: ReturnType<typeof pageKeys>, w: Int32Array): PageType | null {
  const types: PageType[] = ['buddy', 'offline', 'unaccepted', 'slab'];
  const held = types.find((type) => ((w[keys[type].word] as number) & keys[type].mask) === keys[type].value);
  if (held) return held;
  // Of hugetlb's four forms only the page type is a type; the others are told by the rule that decided.
  const { word, mask, value } = keys.hugetlb;
  return word === keys.type && ((w[word] as number) & mask) === value ? 'hugetlb' : null;
}

/** The names of the flags that VMCOREINFO gives numbers of: NUMBER(PG_...), and PG_head by its mask. */
function flagNames({ info }: Kernel, flags: number, headMask: number): string[] {
  // PG_hugetlb (6.6 to 6.8) is a flag of page[1], where this bit means something else.
  const isSet = (name: string, text: string) =>
    name !== 'PG_hugetlb' && /^\d+$/.test(text) && Number(text) < 32 && ((flags >>> Number(text)) & 1) === 1;
  const names = info.keys().flatMap((key) => {
    const name = /^NUMBER\((PG_[a-z]+)\)$/.exec(key)?.[1];
    return name !== undefined && isSet(name, info.get(key) ?? '') ? [name] : [];
  });
  return (flags & headMask) === 0 ? names : [...names, 'PG_head'];
}
