import { reasonOf } from '../errors.ts';
import type { Absence, PhysicalMemory } from '../formats/image.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { OnFree } from './classify-run.ts';
import { missingEnd } from './open-end.ts';
import { type ClassCounts, noPages } from './page-class.ts';
import { pageKeys } from './page-keys.ts';
import { FIRST_EXCLUDING, RULES, Rule } from './rules.ts';
import { runsOf } from './runs.ts';
import { StructPages } from './struct-pages.ts';
import { Verdicts } from './verdicts.ts';
import { pfnRanges, ZeroPages } from './zero-pages.ts';
import { FreeCounter, readZones, type ZoneCheck } from './zones.ts';

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
  /** Why memory may be missing behind the end of the dump, a sentence; null where none is. */
  readonly missingEnd: string | null;
  /** FREE against the kernel's own counters, or why that could not be checked. */
  readonly freeCheck: FreeCheck;
}

export type FreeCheck =
  | { readonly zones: readonly ZoneCheck[]; readonly outside: number }
  | { readonly unavailable: string };

/** Told of the pages done and the pages there are. */
export type OnProgress = (done: number, total: number) => void;

/** Goes through all pfns that a dump describes, section by section, and says what each page is for. */
class Scan {
  /** Pages by the rule that decided them. */
  readonly rules = new Float64Array(RULES.length);
  readonly structPages: StructPages;
  readonly zeroPages: ZeroPages;
  readonly #verdicts: Verdicts;

  constructor(kernel: Kernel, onFree: OnFree) {
    this.structPages = new StructPages(kernel);
    this.zeroPages = new ZeroPages(kernel.image.memory);
    this.#verdicts = new Verdicts(this.structPages, pageKeys(kernel.info), onFree);
  }

  /** A run: pfns of one section, at most RUN_PAGES. */
  run(pfn: number, count: number): void {
    const rules = this.#verdicts.of(pfn, count);
    for (let n = 0; n < count; n++) (this.rules[rules[n] as number] as number)++;
    this.#lookInside(pfn, rules);
  }

  /** Puts the pages that no rule leaves out to the test of their contents, neighbours together. */
  #lookInside(pfn: number, rules: Uint8Array): void {
    for (let n = 0; n < rules.length; n++) {
      if ((rules[n] as number) >= FIRST_EXCLUDING) continue;
      const start = n;
      while (n < rules.length && (rules[n] as number) < FIRST_EXCLUDING) n++;
      this.zeroPages.count(pfn + start, pfn + n);
    }
  }
}

/**
 * Classifies every page of a dump, each once.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read
 */
export function takeCensus(kernel: Kernel, onProgress: OnProgress = () => {}): Census {
  const free = freeCounter(kernel);
  const scan = new Scan(kernel, 'add' in free ? (pfn, pages, high) => free.add(pfn, pages, high) : () => {});
  const { memory } = kernel.image;
  const total = pagesOf(memory);
  let done = 0;
  for (const { pfn, count } of runsOf(pfnRanges(memory.described()))) {
    scan.run(pfn, count);
    done += count;
    onProgress(done, total);
  }
  return { ...summary(scan, total, freeCheck(kernel, free)), missingEnd: missingEnd(kernel) };
}

/** Every page that the dump covers, once. */
function pagesOf(memory: PhysicalMemory): number {
  let pages = 0;
  for (const { start, end } of pfnRanges(memory.described())) pages += end - start;
  return pages;
}

/** What the counter found, beside counters of the kernel that are as fresh as it is. */
function freeCheck(kernel: Kernel, free: FreeCounter | { unavailable: string }): FreeCheck {
  if ('unavailable' in free) return free;
  try {
    if (kernel.image.live) free.recount(readZones(kernel));
    return { zones: free.zones, outside: free.outside };
  } catch (error) {
    return { unavailable: reasonOf(error) };
  }
}

function freeCounter(kernel: Kernel): FreeCounter | { unavailable: string } {
  try {
    return new FreeCounter(readZones(kernel), kernel.info);
  } catch (error) {
    return { unavailable: reasonOf(error) };
  }
}

function summary(scan: Scan, total: number, check: FreeCheck): Omit<Census, 'missingEnd'> {
  const contents = scan.zeroPages.counts;
  const counts = noPages();
  RULES.forEach((rule, code) => {
    if (rule.class) counts[rule.class] += scan.rules[code] as number;
  });
  counts.zero = contents.zero;
  counts.kernelData = contents.nonZero;
  return {
    total,
    counts,
    undecided: contents.absent,
    absences: contents.absences,
    unclassified: scan.structPages.failures,
    withoutStructPage: scan.rules[Rule.noStructPage] as number,
    badOrders: scan.rules[Rule.badOrder] as number,
    freeCheck: check,
  };
}
