import type { Range } from '../bytes/ranges.ts';
import { MinHeap } from './min-heap.ts';

/** A run of physical memory and where the file holds it. Addresses and offset in bytes. */
export interface Extent extends Range {
  readonly offset: bigint;
}

/**
 * Turns extents that may overlap into ascending disjoint ones. Where several hold an address, the first in file order
 * wins, as in makedumpfile's and the kernel's own look-ups. A sweep over the ends: n log n, for a file may claim many
 * thousand segments that all overlap.
 */
export function firstWins(extents: readonly Extent[]): Extent[] {
  const starts = extents.map((_, i) => i).sort((a, b) => at(extents, a).start - at(extents, b).start);
  const places = [...new Set(extents.flatMap((e) => [e.start, e.end]))].sort((a, b) => a - b);
  // The first in file order of those that are open at the sweep's place.
  const open = new MinHeap();
  const result: { start: number; end: number; offset: bigint }[] = [];
  let next = 0;
  places.forEach((place, i) => {
    for (; next < starts.length && at(extents, starts[next] as number).start === place; next++) {
      open.push(starts[next] as number);
    }
    while (open.top !== undefined && at(extents, open.top).end <= place) open.pop();
    const end = places[i + 1];
    if (open.top === undefined || end === undefined) return;
    append(result, at(extents, open.top), place, end);
  });
  return result;
}

function at(extents: readonly Extent[], index: number): Extent {
  return extents[index] as Extent;
}

/** Adds [start, end) of `from` to the result, as part of its last extent where both continue each other. */
function append(
  result: { start: number; end: number; offset: bigint }[],
  from: Extent,
  start: number,
  end: number,
): void {
  const offset = from.offset + BigInt(start - from.start);
  const last = result.at(-1);
  if (last && last.end === start && last.offset + BigInt(start - last.start) === offset) last.end = end;
  else result.push({ start, end, offset });
}
