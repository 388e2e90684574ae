import type { Absence } from '../../absence.ts';
import type { MapChange } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { type FreeCheck, FreeLists } from '../checks/free-lists.ts';
import { type ClassQuestion, ClassScan } from '../classify/class-scan.ts';
import { addClassTallies, type ClassTally } from '../classify/class-tally.ts';
import { type ClassCounts, noPages } from '../classify/page-class.ts';
import { requireKeys, type UntoldRow, untoldRows } from '../classify/required-keys.ts';
import { RULES, Rule } from '../classify/rules.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { leavesHolesUnwritten } from '../struct-pages/unwritten.ts';
import { type WalkOptions, walkSpans } from '../threads/walk-spans.ts';
import { spansOf } from '../walk/spans.ts';
import { type MissingMemory, missingMemory } from './missing-memory.ts';
import { missingEnd } from './open-end.ts';

/** The pages of a dump by class. All figures are pages. */
export interface Census {
  /** Every physical page of the dump, once. */
  readonly total: number;
  readonly counts: ClassCounts;
  /** Pages that no rule excludes and whose contents the dump does not have: either ZERO or KERN_DATA. */
  readonly undecided: number;
  /** The same pages, by why their contents cannot be read. */
  readonly absences: ReadonlyMap<Absence, number>;
  /** Pages of unknown class, because their struct page or that of their head cannot be read; by reason. */
  readonly unclassified: ReadonlyMap<string, number>;
  /** Pages without a struct page. They are in `counts`, by their contents. */
  readonly withoutStructPage: number;
  /** Free blocks of an impossible order. */
  readonly badOrders: number;
  /**
   * Pages whose struct page no page can have, or contradicts that of their compound's head: tails without a
   * head, and others between a head and its last tail. 0 for a running machine, which makes compounds
   * meanwhile.
   */
  readonly strays: number;
  /** Why memory may be missing after the end of the dump, a sentence; null where none is. */
  readonly missingEnd: string | null;
  /** Memory that the kernel uses and that the dump does not cover; null for none. */
  readonly missingMemory: MissingMemory | null;
  /** Memory that was added to a running machine or removed from it meanwhile; null for none. */
  readonly mapChange: MapChange | null;
  /** Pages whose struct pages should have been written and never were. */
  readonly unwritten: number;
  /** Rows that are unknown because a key is missing. */
  readonly untold: readonly UntoldRow[];
  /** FREE against the kernel's own counters, or why that could not be checked. */
  readonly freeCheck: FreeCheck;
}

/** What is known before the first page is looked at. */
export interface CensusPlan {
  readonly kernel: Kernel;
  readonly freeLists: FreeLists;
}

/** @throws InspectError missingInfo or corrupt, where no page could be classified; as requireTrustedMemory */
export function planCensus(kernel: Kernel): CensusPlan {
  requireKeys(kernel);
  requireTrustedMemory(kernel);
  return { kernel, freeLists: new FreeLists(kernel) };
}

/**
 * Classifies every page of a dump, each once.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read; as
 * requireTrustedMemory; and what opening the dump once more may throw, for a further thread
 */
export async function takeCensus(kernel: Kernel, options: WalkOptions): Promise<Census> {
  const plan = planCensus(kernel);
  const { zones } = plan.freeLists;
  const { pages, tally } = await walkSpans(kernel, spansOf(kernel.image.memory), {
    scan: new ClassScan(kernel, zones),
    question: { kind: 'classes', zones } satisfies ClassQuestion,
    add: addClassTallies,
    options: { ...options, onProgress: plan.freeLists.watching(options.onProgress ?? (() => {})) },
  });
  return censusOf(plan, pages, tally);
}

/** The census that the tally of all pages makes, checked against the kernel's own counters. */
export function censusOf({ kernel, freeLists }: CensusPlan, total: number, tally: ClassTally): Census {
  const counts = noPages();
  RULES.forEach((rule, code) => {
    if (rule.class) counts[rule.class] += tally.rules[code] as number;
  });
  counts.zero = tally.zero;
  counts.kernelData = tally.nonZero;
  const unwritten = counts.uninitialized > 0 && !leavesHolesUnwritten(kernel) ? counts.uninitialized : 0;
  return {
    total,
    counts,
    undecided: [...tally.absences.values()].reduce((sum, pages) => sum + pages, 0),
    absences: tally.absences,
    unclassified: tally.failures,
    withoutStructPage: tally.rules[Rule.noStructPage] as number,
    badOrders: tally.rules[Rule.badOrder] as number,
    strays: kernel.image.live ? 0 : tally.strays,
    missingEnd: missingEnd(kernel, unwritten),
    missingMemory: missingMemory(kernel, freeLists.zones),
    unwritten,
    untold: untoldRows(kernel, tally.looksPoisoned),
    mapChange: kernel.image.mapChange?.() ?? null,
    freeCheck: freeLists.check(tally, counts),
  };
}
