/** A half-open range of integers: bytes of physical memory, or pfns. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The same numbers as ascending ranges that neither touch nor overlap. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter((r) => r.end > r.start).sort((a, b) => a.start - b.start);
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** How many numbers lie in the ranges, which must not overlap. */
export function countOf(ranges: Iterable<Range>): number {
  let count = 0;
  for (const { start, end } of ranges) count += end - start;
  return count;
}

/** The numbers that are in the merged `ranges` but not in the merged `taken`. */
export function subtractRanges(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  const left: Range[] = [];
  let t = 0;
  for (const range of ranges) {
    let start = range.start;
    while (t < taken.length && (taken[t] as Range).end <= start) t++;
    for (let i = t; i < taken.length && (taken[i] as Range).start < range.end; i++) {
      const cut = taken[i] as Range;
      if (cut.start > start) left.push({ start, end: cut.start });
      start = Math.max(start, cut.end);
    }
    if (start < range.end) left.push({ start, end: range.end });
  }
  return left;
}

/**
 * The index of the first of the ascending disjoint ranges that ends after `value`; their number if none does.
 */
export function firstEndingAfter(ranges: readonly Range[], value: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle] as Range).end > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The parts of ascending disjoint ranges that lie in [start, end). */
export function* clipRanges(ranges: readonly Range[], start: number, end: number): Generator<Range> {
  for (let i = firstEndingAfter(ranges, start); i < ranges.length; i++) {
    const range = ranges[i] as Range;
    if (range.start >= end) return;
    yield { start: Math.max(start, range.start), end: Math.min(end, range.end) };
  }
}

/**
 * An iterable that makes its items again each time it is iterated, so that a million ranges of a file are
 * never all in memory.
 */
export function repeatable<T>(make: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: make };
}

/** The parts of ascending ranges that lie outside [start, end). */
export function* outsideOf(ranges: Iterable<Range>, { start, end }: Range): Generator<Range> {
  for (const range of ranges) {
    if (range.start < start) yield { start: range.start, end: Math.min(range.end, start) };
    if (range.end > end) yield { start: Math.max(range.start, end), end: range.end };
  }
}
