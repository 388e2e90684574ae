import { GrowingFloats } from './growing-floats.ts';
import type { Range } from './ranges.ts';

/**
 * Ascending ranges that neither touch nor overlap, 16 bytes each, because a file may have a million of them.
 */
export class RangeList implements Iterable<Range> {
  readonly #starts = new GrowingFloats();
  readonly #ends = new GrowingFloats();

  get length(): number {
    return this.#starts.length;
  }

  /** How many numbers lie in the ranges. */
  get total(): number {
    let total = 0;
    for (let i = 0; i < this.length; i++) total += this.#ends.at(i) - this.#starts.at(i);
    return total;
  }

  /** Where the last range ends; 0 if there is none. */
  get end(): number {
    return this.length === 0 ? 0 : this.#ends.at(this.length - 1);
  }

  /** Adds a range that does not start before the last one ends. If the two touch, they are merged. */
  add(start: number, end: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.#ends.at(last) === start) {
      this.#ends.set(last, end);
      return;
    }
    this.#starts.push(start);
    this.#ends.push(end);
  }

  *[Symbol.iterator](): Generator<Range> {
    for (let i = 0; i < this.length; i++) yield { start: this.#starts.at(i), end: this.#ends.at(i) };
  }

  has(value: number): boolean {
    const index = this.#firstEndingAfter(value);
    return index < this.length && value >= this.#starts.at(index);
  }

  /** The parts of the ranges that lie in [start, end). */
  *clip(start: number, end: number): Generator<Range> {
    for (let i = this.#firstEndingAfter(start); i < this.length; i++) {
      if (this.#starts.at(i) >= end) return;
      yield { start: Math.max(start, this.#starts.at(i)), end: Math.min(end, this.#ends.at(i)) };
    }
  }

  /** The numbers that are in these ranges but not in `taken`. */
  without(taken: RangeList): RangeList {
    const left = new RangeList();
    for (let i = 0; i < this.length; i++) {
      const end = this.#ends.at(i);
      let start = this.#starts.at(i);
      for (const cut of taken.clip(start, end)) {
        if (cut.start > start) left.add(start, cut.start);
        start = cut.end;
      }
      if (start < end) left.add(start, end);
    }
    return left;
  }

  #firstEndingAfter(value: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends.at(middle) > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Collects ranges in any order, 16 bytes each. They may overlap. */
export class RangeCollector implements Iterable<Range> {
  readonly #starts = new GrowingFloats();
  readonly #ends = new GrowingFloats();

  get length(): number {
    return this.#starts.length;
  }

  *[Symbol.iterator](): Generator<Range> {
    for (let i = 0; i < this.length; i++) yield { start: this.#starts.at(i), end: this.#ends.at(i) };
  }

  add(start: number, end: number): void {
    if (end <= start) return;
    const last = this.#starts.length - 1;
    if (last >= 0 && this.#ends.at(last) === start) {
      this.#ends.set(last, end);
      return;
    }
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /**
   * All numbers that lie in any of the ranges. Starts and ends are sorted separately: a number is in a range
   * while more starts than ends have gone by.
   */
  union(): RangeList {
    const starts = this.#starts.sorted();
    const ends = this.#ends.sorted();
    const union = new RangeList();
    for (let next = 0, done = 0; next < starts.length; ) {
      const start = starts[next] as number;
      // Ranges are open once they have started and until they end. One that starts where another ends
      // continues it.
      do {
        while (next < starts.length && (starts[next] as number) <= (ends[done] as number)) next++;
        done++;
      } while (done < next);
      union.add(start, ends[done - 1] as number);
    }
    return union;
  }
}
