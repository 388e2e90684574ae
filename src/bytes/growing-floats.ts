const FIRST_CAPACITY = 64;

/** A list of numbers that takes 8 bytes per number; an array of objects would take a hundred. */
export class GrowingFloats {
  #items = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Float64Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = value;
  }

  /** The number at `index`, which the caller knows to be in bounds. */
  at(index: number): number {
    return this.#items[index] as number;
  }

  set(index: number, value: number): void {
    this.#items[index] = value;
  }

  /** A copy of the numbers in ascending order. */
  sorted(): Float64Array {
    return this.#items.slice(0, this.#length).sort();
  }
}
