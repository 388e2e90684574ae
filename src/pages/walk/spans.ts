import { outsideOf, type Range } from '../../bytes/ranges.ts';
import type { PhysicalMemory } from '../../formats/image/image.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { type PfnRun, runsOf } from '../struct-pages/runs.ts';

/**
 * Pages of a span: 1 GiB. No block crosses from one into the next: free blocks and compounds are aligned to
 * their size, and the largest is a huge page of 1 GiB (PUD_ORDER). So spans can be looked at in any order, by
 * any thread.
 */
export const SPAN_PAGES = 2 ** 18;

/** The pfns of a dump, cut into spans. */
export interface Spans {
  /** The spans that have any page, by number: span n begins at pfn n * SPAN_PAGES. Ascending. */
  readonly numbers: Int32Array;
  /** Every page that the dump covers, once. */
  readonly pages: number;
}

/** Goes once over all that a memory describes. @param except pfns that are left out */
export function spansOf(memory: PhysicalMemory, except: Range | null = null): Spans {
  const numbers: number[] = [];
  let pages = 0;
  let next = 0;
  for (const { start, end } of without(pfnRanges(memory.described()), except)) {
    pages += end - start;
    for (next = Math.max(next, Math.floor(start / SPAN_PAGES)); next * SPAN_PAGES < end; next++)
      numbers.push(next);
  }
  return { numbers: Int32Array.from(numbers), pages };
}

/** The pages of one span that a memory describes. @param except pfns that are left out */
export function spanRuns(
  memory: PhysicalMemory,
  number: number,
  except: Range | null = null,
): Iterable<PfnRun> {
  const start = number * SPAN_PAGES * PAGE_SIZE;
  const described = memory.described(start, start + SPAN_PAGES * PAGE_SIZE);
  return runsOf(without(pfnRanges(described), except));
}

function without(ranges: Iterable<Range>, except: Range | null): Iterable<Range> {
  return except === null ? ranges : outsideOf(ranges, except);
}
