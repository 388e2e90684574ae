import { indexOfRange, mergeRanges, type Range } from '../bytes/ranges.ts';
import type { PhysicalMemory } from '../formats/image.ts';

const PAGE = 4096;
/** Pages read at once: 1 MiB, from where on a larger read is no faster. */
const READ_PAGES = 256;
const ZEROS = Buffer.alloc(PAGE);

/** What the contents of pages say. */
export interface ContentCounts {
  zero: number;
  nonZero: number;
  /** Pages whose contents the dump does not hold. */
  absent: number;
}

/** The pfns that ranges of bytes touch. */
export function pfnRanges(ranges: readonly Range[]): Range[] {
  return mergeRanges(
    ranges.map((r) => ({ start: Math.floor(r.start / PAGE), end: Math.ceil(r.end / PAGE) })),
  );
}

/** Tells pages that are all zero from those that are not. */
export class ZeroPages {
  readonly counts: ContentCounts = { zero: 0, nonZero: 0, absent: 0 };
  readonly #memory: PhysicalMemory;
  readonly #stored: readonly Range[];
  readonly #buffer = Buffer.alloc(READ_PAGES * PAGE);

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    this.#stored = pfnRanges(memory.stored);
  }

  /** Adds the pages from `start` to `end` (pfns) to the counts. */
  count(start: number, end: number): void {
    for (let pfn = start; pfn < end; ) {
      const index = indexOfRange(this.#stored, pfn);
      const next = index < 0 ? this.#nextStored(pfn, end) : Math.min(end, (this.#stored[index] as Range).end);
      if (index < 0) this.counts.absent += next - pfn;
      else this.#countStored(pfn, next);
      pfn = next;
    }
  }

  /** Whether one page is all zero; undefined when its contents are not in the dump. */
  isZero(pfn: number): boolean | undefined {
    const before = { ...this.counts };
    this.count(pfn, pfn + 1);
    if (this.counts.absent > before.absent) return undefined;
    return this.counts.zero > before.zero;
  }

  #countStored(start: number, end: number): void {
    for (let pfn = start; pfn < end; pfn += READ_PAGES) {
      const pages = Math.min(READ_PAGES, end - pfn);
      if (this.#read(pfn, pages)) this.#countBuffer(pages);
      else for (let one = pfn; one < pfn + pages; one++) this.#countOne(one);
    }
  }

  #countOne(pfn: number): void {
    if (this.#read(pfn, 1)) this.#countBuffer(1);
    else this.counts.absent++;
  }

  /** A page that the dump holds in part is judged by that part. */
  #read(pfn: number, pages: number): boolean {
    const into = this.#buffer.subarray(0, pages * PAGE);
    if (!this.#memory.read(pfn * PAGE, into)) return true;
    return !this.#memory.readPadded(pfn * PAGE, into);
  }

  /** memcmp stops at the first word that differs, so a page in use costs next to nothing. */
  #countBuffer(pages: number): void {
    let zero = 0;
    for (let at = 0; at < pages * PAGE; at += PAGE) {
      if (ZEROS.compare(this.#buffer, at, at + PAGE) === 0) zero++;
    }
    this.counts.zero += zero;
    this.counts.nonZero += pages - zero;
  }

  #nextStored(pfn: number, end: number): number {
    const next = this.#stored.find((range) => range.start > pfn);
    return next ? Math.min(end, next.start) : end;
  }
}
