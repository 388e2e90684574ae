import type { Range } from '../../bytes/ranges.ts';
import { RUN_PAGES } from './struct-pages.ts';

/** Pfns of one section, at most RUN_PAGES of them. */
export interface PfnRun {
  readonly pfn: number;
  readonly count: number;
}

/**
 * Cuts ranges of pfns at the multiples of RUN_PAGES, which the ends of sections are, too. A range has
 * floating-point fields, because some ranges are of bytes. The walk uses small integers, and V8 would compile
 * it again for the other kind: hence Math.floor.
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
