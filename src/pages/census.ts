import { countOf, type Range } from '../bytes/ranges.ts';
import { reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type Cover, classifyRun, noCover, type OnFree } from './classify-run.ts';
import { type ClassCounts, noPages } from './page-class.ts';
import { type PageKeys, pageKeys } from './page-keys.ts';
import { FIRST_EXCLUDING, RULES, Rule } from './rules.ts';
import { runsOf } from './runs.ts';
import { RUN_PAGES, StructPages } from './struct-pages.ts';
import { pfnRanges, ZeroPages } from './zero-pages.ts';
import { FreeCounter, readZones, type ZoneCheck } from './zones.ts';

/** What became of every page. All figures are pages. */
export interface Census {
  /** Every physical page of the dump, once. */
  readonly total: number;
  readonly counts: ClassCounts;
  /** Pages that no rule leaves out and whose contents the dump does not hold: ZERO or KERN_DATA, it cannot be told. */
  readonly undecided: number;
  /** Pages whose struct page cannot be read: any class. By reason. */
  readonly unclassified: ReadonlyMap<string, number>;
  /** Pages that have no struct page; they are in `counts` by their contents. */
  readonly withoutStructPage: number;
  /** Free blocks of an order that there is none of. */
  readonly badOrders: number;
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
  readonly rules = new Float64Array(RULES.length);
  readonly structPages: StructPages;
  readonly zeroPages: ZeroPages;
  readonly #keys: PageKeys;
  readonly #onFree: OnFree;
  readonly #cover: Cover = noCover();
  readonly #verdicts = new Uint8Array(RUN_PAGES);

  constructor(kernel: Kernel, onFree: OnFree) {
    this.structPages = new StructPages(kernel);
    this.zeroPages = new ZeroPages(kernel.image.memory);
    this.#keys = pageKeys(kernel.info);
    this.#onFree = onFree;
  }

  /** A run: pfns of one section, at most RUN_PAGES. */
  run(pfn: number, count: number): void {
    const verdicts = this.#verdicts.subarray(0, count);
    const read = this.structPages.readRun(pfn, count);
    if (read.absent) verdicts.fill(Rule.noStructPage);
    else this.#classify(pfn, count, read.unreadable);
    for (let n = 0; n < count; n++) (this.rules[verdicts[n] as number] as number)++;
    this.#lookInside(pfn, verdicts);
  }

  #classify(pfn: number, count: number, unreadable: readonly Range[]): void {
    let at = pfn;
    for (const gap of [...unreadable, { start: pfn + count, end: pfn + count }]) {
      if (gap.start > at) this.#classifyPart(pfn, at, gap.start);
      this.#verdicts.fill(Rule.unreadable, gap.start - pfn, gap.end - pfn);
      at = gap.end;
    }
  }

  #classifyPart(first: number, start: number, end: number): void {
    const words = this.structPages.words.subarray((start - first) * this.#keys.stride);
    const verdicts = this.#verdicts.subarray(start - first, end - first);
    classifyRun({ words, pfn: start, count: end - start }, this.#keys, this.#cover, verdicts, this.#onFree);
  }

  /** Puts the pages that no rule leaves out to the test of their contents, neighbours together. */
  #lookInside(pfn: number, verdicts: Uint8Array): void {
    for (let n = 0; n < verdicts.length; n++) {
      if ((verdicts[n] as number) >= FIRST_EXCLUDING) continue;
      const start = n;
      while (n < verdicts.length && (verdicts[n] as number) < FIRST_EXCLUDING) n++;
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
  const ranges = pfnRanges(kernel.image.memory.described);
  const total = countOf(ranges);
  let done = 0;
  for (const { pfn, count } of runsOf(ranges)) {
    scan.run(pfn, count);
    done += count;
    onProgress(done, total);
  }
  return summary(scan, total, freeCheck(kernel, free));
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

function summary(scan: Scan, total: number, check: FreeCheck): Census {
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
    unclassified: scan.structPages.failures,
    withoutStructPage: scan.rules[Rule.noStructPage] as number,
    badOrders: scan.rules[Rule.badOrder] as number,
    freeCheck: check,
  };
}
