import type { Range } from '../../bytes/ranges.ts';
import { PAGE_SIZE } from '../../machine.ts';

/** The pfns that ascending disjoint ranges of bytes touch. */
export function* pfnRanges(ranges: Iterable<Range>): Generator<Range> {
  let open: Range | undefined;
  for (const range of ranges) {
    const start = Math.floor(range.start / PAGE_SIZE);
    const end = Math.ceil(range.end / PAGE_SIZE);
    if (open && start > open.end) yield open;
    open = { start: open && start <= open.end ? open.start : start, end };
  }
  if (open) yield open;
}
