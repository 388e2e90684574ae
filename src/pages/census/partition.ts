import type { PhysicalMemory } from '../../formats/image/image.ts';
import { pfnRanges } from './zero-pages.ts';

/**
 * Pages of a span: 1 GiB. No block crosses from one into the next: free blocks and compounds are aligned to their size, and the
 * largest is a huge page of 1 GiB (PUD_ORDER). So spans can be looked at in any order, by anyone.
 */
export const SPAN_PAGES = 2 ** 18;

/** The pfns of a dump, cut into spans. */
export interface Partition {
  /** The spans that have any page, by number: span n begins at pfn n * SPAN_PAGES. Ascending. */
  readonly spans: Int32Array;
  /** Every page that the dump covers, once. */
  readonly pages: number;
}

/** Goes over all that a memory describes, once. */
export function partition(memory: PhysicalMemory): Partition {
  const spans: number[] = [];
  let pages = 0;
  let next = 0;
  for (const { start, end } of pfnRanges(memory.described())) {
    pages += end - start;
    for (next = Math.max(next, Math.floor(start / SPAN_PAGES)); next * SPAN_PAGES < end; next++)
      spans.push(next);
  }
  return { spans: Int32Array.from(spans), pages };
}
