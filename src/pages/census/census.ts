import type { Absence } from '../../absence.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import type { MapChange } from '../../formats/image/image.ts';
import { isLoss } from '../../formats/image/loss.ts';
import type { Check } from '../../kernel/evidence/check.ts';
import { missingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { freeChecks } from '../checks/free-checks.ts';
import { lruChecks } from '../checks/lru-check.ts';
import { Movements } from '../checks/movement.ts';
import { type ClassCounts, noPages } from '../classify/page-class.ts';
import { requireKeys, type UntoldRow, untoldRows } from '../classify/required-keys.ts';
import { RULES, Rule } from '../classify/rules.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { leavesHolesUnwritten } from '../struct-pages/unwritten.ts';
import { readZones, recounted, type Zone, type ZoneCheck } from '../zones/zones.ts';
import { type MissingMemory, missingMemory } from './missing-memory.ts';
import { missingEnd } from './open-end.ts';
import { partition } from './partition.ts';
import { Scan } from './scan.ts';
import type { Tally } from './tally.ts';

/** What became of every page. All figures are pages. */
export interface Census {
  /** Every physical page of the dump, once. */
  readonly total: number;
  readonly counts: ClassCounts;
  /** Pages that no rule leaves out and whose contents the dump does not hold: ZERO or KERN_DATA, it cannot be told. */
  readonly undecided: number;
  /** The same pages by why their contents cannot be had. */
  readonly absences: ReadonlyMap<Absence, number>;
  /** Pages whose struct page cannot be read, so of an unknown class; by reason. */
  readonly unclassified: ReadonlyMap<string, number>;
  /** Pages that have no struct page; they are in `counts` by their contents. */
  readonly withoutStructPage: number;
  /** Free blocks of an order that there is none of. */
  readonly badOrders: number;
  /**
   * Pages whose struct page no page can have, or contradicts that of their compound's head: tails without a head, and others between a head and
   * its last tail. 0 in a running machine, which makes compounds meanwhile.
   */
  readonly strays: number;
  /** Why memory may be missing behind the end of the dump, a sentence; null where none is. */
  readonly missingEnd: string | null;
  /** Memory that the kernel uses and the dump does not cover; null for none. */
  readonly missingMemory: MissingMemory | null;
  /** What of a running machine's memory has come and gone meanwhile; null for nothing. */
  readonly mapChange: MapChange | null;
  /** Pages with struct pages that were never written and should have been. */
  readonly unwritten: number;
  /** Rows that a missing key decides. */
  readonly untold: readonly UntoldRow[];
  /** FREE against the kernel's own counters, or why that could not be checked. */
  readonly freeCheck: FreeCheck;
}

/** Why zones cannot be read. */
export interface Unavailable {
  readonly unavailable: string;
  /** Whether the dump has lost them; it may never have had them, too. */
  readonly lost: boolean;
}

export type FreeCheck =
  | { readonly zones: readonly ZoneCheck[]; readonly outside: number; readonly checks: readonly Check[] }
  | Unavailable;

/** linux/elf.h */
const NT_PRSTATUS = 1;

/**
 * Classifies every page of a dump, each once.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read; as refuseLies
 */
export function takeCensus(kernel: Kernel, onProgress: OnProgress = () => {}): Census {
  requireKeys(kernel);
  requireTrustedMemory(kernel);
  const zones = tryZones(kernel);
  const scan = new Scan(kernel, 'all' in zones ? zones.all : []);
  const { spans, pages: total } = partition(kernel.image.memory);
  const told = watching(zones, onProgress);
  let done = 0;
  for (const span of spans) {
    scan.span(span, (pages) => {
      done += pages;
      told(done, total);
    });
  }
  return censusOf(kernel, zones, total, scan.tally);
}

/** The zones of a kernel, or why they cannot be read; of one that runs, what moves of their free lists. */
export type TriedZones =
  | { readonly all: readonly Zone[]; readonly movements: Movements | null }
  | Unavailable;

export function tryZones(kernel: Kernel): TriedZones {
  try {
    const all = readZones(kernel);
    return { all, movements: kernel.image.live ? freeMovements(kernel, all) : null };
  } catch (error) {
    return unavailable(kernel, error);
  }
}

/** By the index of the zone. */
function freeMovements(kernel: Kernel, zones: readonly Zone[]): Movements {
  const found = zones.map((zone) => ({ ...zone, counted: 0, unaccepted: 0 }));
  return new Movements(() => recounted(found, readZones(kernel)).map(({ freeArea }) => freeArea));
}

/** Looks at what moves whenever progress is told. */
export function watching(zones: TriedZones, onProgress: OnProgress): OnProgress {
  if ('unavailable' in zones || zones.movements === null) return onProgress;
  const { movements } = zones;
  return (done, total) => {
    movements.look();
    onProgress(done, total);
  };
}

function unavailable({ image, info }: Kernel, error: unknown): Unavailable {
  if (!(error instanceof InspectError)) throw error;
  const lacking = error.kind === 'missingInfo' && missingKeys(info, 'zones').length > 0;
  return { unavailable: error.message, lost: lacking || isLoss(error.kind, image) };
}

/** What the tally of all pages says, beside the kernel's own counters. */
export function censusOf(kernel: Kernel, zones: TriedZones, total: number, tally: Tally): Census {
  const counts = noPages();
  RULES.forEach((rule, code) => {
    if (rule.class) counts[rule.class] += tally.rules[code] as number;
  });
  counts.zero = tally.zero;
  counts.kernelData = tally.nonZero;
  return {
    total,
    counts,
    undecided: [...tally.absences.values()].reduce((sum, pages) => sum + pages, 0),
    absences: tally.absences,
    unclassified: tally.failures,
    withoutStructPage: tally.rules[Rule.noStructPage] as number,
    badOrders: tally.rules[Rule.badOrder] as number,
    strays: kernel.image.live ? 0 : tally.strays,
    missingEnd: missingEnd(kernel),
    missingMemory: missingMemory(kernel, 'all' in zones ? zones.all : []),
    unwritten: counts.uninitialized > 0 && !leavesHolesUnwritten(kernel) ? counts.uninitialized : 0,
    untold: untoldRows(kernel, tally.looksPoisoned),
    mapChange: kernel.image.mapChange?.() ?? null,
    freeCheck: freeCheck(kernel, zones, tally, counts),
  };
}

/** CPUs that the writer of a dump noted: each has a note with its registers. */
function notedCpus({ image }: Kernel): number {
  return image.notes.filter(({ name, type }) => name === 'CORE' && type === NT_PRSTATUS).length;
}

/** What was counted, beside counters of the kernel that are as fresh as it is: while live memory was scanned they moved. */
function freeCheck(kernel: Kernel, zones: TriedZones, tally: Tally, counts: ClassCounts): FreeCheck {
  if ('unavailable' in zones) return zones;
  const { free, outside, unaccepted } = tally;
  try {
    const found = zones.all.map((zone, i) => ({
      ...zone,
      ...{ counted: free[i] ?? 0, unaccepted: unaccepted[i] ?? 0 },
    }));
    const now = kernel.image.live ? recounted(found, readZones(kernel)) : found;
    zones.movements?.lookNow();
    const cpus = notedCpus(kernel);
    const checks = freeChecks({ ...{ zones: now, outside, cpus, movements: zones.movements } });
    // Pages that cannot be read may be those that are on the lists.
    const lists = tally.failures.size > 0 ? [] : lruChecks(kernel, counts, cpus);
    return { zones: now, outside, checks: [...checks, ...lists] };
  } catch (error) {
    return unavailable(kernel, error);
  }
}
