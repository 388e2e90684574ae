const FIRST_CAPACITY = 64;

/** A list of numbers that takes 8 bytes for each, where an array of objects would take a hundred. */
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

  /** The number at an index that the caller knows to be inside. */
  at(index: number): number {
    return this.#items[index] as number;
  }

  set(index: number, value: number): void {
    this.#items[index] = value;
  }

  /** The numbers in ascending order, a copy. */
  sorted(): Float64Array {
    return this.#items.slice(0, this.#length).sort();
  }
}
