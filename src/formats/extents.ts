import type { Range } from '../bytes/ranges.ts';

/** A run of physical memory and where the file holds it. Addresses and offset in bytes. */
export interface Extent extends Range {
  readonly offset: bigint;
}

/** A binary min-heap of indexes: the first segment in file order that is open at the sweep's place. */
class MinHeap {
  readonly #items: number[] = [];

  get top(): number | undefined {
    return this.#items[0];
  }

  push(item: number): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((items[parent] as number) <= item) break;
      items[i] = items[parent] as number;
      i = parent;
    }
    items[i] = item;
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number)) child++;
      if ((items[child] as number) >= item) break;
      items[i] = items[child] as number;
      i = child;
    }
    items[i] = item;
  }
}

/**
 * Turns extents that may overlap into ascending disjoint ones. Where several hold an address, the first in file order
 * wins, as in makedumpfile's and the kernel's own look-ups. A sweep over the ends: n log n, for a file may claim many
 * thousand segments that all overlap.
 */
export function firstWins(extents: readonly Extent[]): Extent[] {
  const starts = extents.map((_, i) => i).sort((a, b) => at(extents, a).start - at(extents, b).start);
  const places = [...new Set(extents.flatMap((e) => [e.start, e.end]))].sort((a, b) => a - b);
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
