import { RangeList } from '../../bytes/range-list.ts';
import type { Range } from '../../bytes/ranges.ts';
import { MinHeap } from './min-heap.ts';

/** A run of physical memory and where the file holds it. Addresses and offset in bytes. */
export interface Extent extends Range {
  readonly offset: bigint;
}

const FIRST_CAPACITY = 64;

/** Extents in any order, 24 bytes each, because a file may have a million of them. */
export class Extents implements Iterable<Extent> {
  #starts = new Float64Array(FIRST_CAPACITY);
  #ends = new Float64Array(FIRST_CAPACITY);
  #offsets = new BigUint64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  start(index: number): number {
    return this.#starts[index] as number;
  }

  end(index: number): number {
    return this.#ends[index] as number;
  }

  offset(index: number): bigint {
    return this.#offsets[index] as bigint;
  }

  static of(all: Iterable<Extent>): Extents {
    if (all instanceof Extents) return all;
    const extents = new Extents();
    for (const { start, end, offset } of all) extents.add(start, end, offset);
    return extents;
  }

  /**
   * Adds an extent. If it continues the last one both in memory and in the file, it is merged into it; an
   * empty one is ignored.
   */
  add(start: number, end: number, offset: bigint): void {
    if (end <= start) return;
    if (this.#continues(start, offset)) {
      this.#ends[this.#length - 1] = end;
      return;
    }
    if (this.#length === this.#starts.length) this.#grow();
    this.#starts[this.#length] = start;
    this.#ends[this.#length] = end;
    this.#offsets[this.#length++] = offset;
  }

  #continues(start: number, offset: bigint): boolean {
    const last = this.#length - 1;
    if (last < 0 || this.end(last) !== start) return false;
    return this.offset(last) + BigInt(start - this.start(last)) === offset;
  }

  #grow(): void {
    const capacity = 2 * this.#length;
    const [starts, ends, offsets] = [this.#starts, this.#ends, this.#offsets];
    this.#starts = new Float64Array(capacity);
    this.#ends = new Float64Array(capacity);
    this.#offsets = new BigUint64Array(capacity);
    this.#starts.set(starts);
    this.#ends.set(ends);
    this.#offsets.set(offsets);
  }

  *[Symbol.iterator](): Generator<Extent> {
    for (let i = 0; i < this.#length; i++)
      yield { start: this.start(i), end: this.end(i), offset: this.offset(i) };
  }

  /** The index of the extent that holds an address, among ascending disjoint extents; -1 if none does. */
  indexOf(address: number): number {
    const index = this.#firstEndingAfter(address);
    return index < this.#length && address >= this.start(index) ? index : -1;
  }

  /** The first held address at or after `address`, among ascending disjoint extents; else infinity. */
  nextStart(address: number): number {
    const index = this.#firstEndingAfter(address);
    return index < this.#length ? this.start(index) : Number.POSITIVE_INFINITY;
  }

  #firstEndingAfter(address: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.end(middle) > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The addresses of the extents, which must be ascending and disjoint. */
  ranges(): RangeList {
    const ranges = new RangeList();
    for (let i = 0; i < this.#length; i++) ranges.add(this.start(i), this.end(i));
    return ranges;
  }

  /** Whether the extents are ascending and disjoint. */
  get inOrder(): boolean {
    for (let i = 1; i < this.#length; i++) if (this.start(i) < this.end(i - 1)) return false;
    return true;
  }
}

/**
 * Turns extents that may overlap into ascending disjoint ones. Where several hold an address, the first in
 * file order wins, as in the look-ups of makedumpfile and the kernel. A sweep over the ends takes n log n,
 * because a file may claim many thousand segments that all overlap.
 */
export function firstWins(extents: Extents): Extents {
  if (extents.inOrder) return extents;
  const starts = Uint32Array.from({ length: extents.length }, (_, i) => i).sort(
    (a, b) => extents.start(a) - extents.start(b),
  );
  const places = placesOf(extents);
  // The extents that are open at the current place; the top is the first of them in file order.
  const open = new MinHeap();
  const result = new Extents();
  let next = 0;
  for (let i = 0; i + 1 < places.length; i++) {
    const place = places[i] as number;
    for (; next < starts.length && extents.start(starts[next] as number) === place; next++)
      open.push(starts[next] as number);
    while (open.top !== undefined && extents.end(open.top) <= place) open.pop();
    if (open.top === undefined) continue;
    const from = extents.start(open.top);
    const end = places[i + 1] as number;
    if (end > place) result.add(place, end, extents.offset(open.top) + BigInt(place - from));
  }
  return result;
}

/** Where extents start and end, ascending, with duplicates. */
function placesOf(extents: Extents): Float64Array {
  const places = new Float64Array(2 * extents.length);
  for (let i = 0; i < extents.length; i++) {
    places[2 * i] = extents.start(i);
    places[2 * i + 1] = extents.end(i);
  }
  return places.sort();
}
