import type { Range } from '../../bytes/ranges.ts';
import { RUN_PAGES } from './struct-pages.ts';

/** Pfns of one section, at most RUN_PAGES of them. */
export interface PfnRun {
  readonly pfn: number;
  readonly count: number;
}

/**
 * Cuts ranges of pfns at the multiples of RUN_PAGES, which are the ends of sections too. A range has floating-point fields,
 * since some are of bytes; V8 scans by small integers, and compiles all of it anew when the other kind comes along.
 */
export function* runsOf(ranges: Iterable<Range>): Generator<PfnRun> {
  for (const range of ranges) {
    const end = Math.floor(range.end);
    for (let pfn = Math.floor(range.start); pfn < end; ) {
      const next = Math.min(end, (Math.floor(pfn / RUN_PAGES) + 1) * RUN_PAGES);
      yield { pfn, count: next - pfn };
      pfn = next;
    }
  }
}
