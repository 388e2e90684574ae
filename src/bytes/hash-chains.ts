/** Finds numbered items (0, 1, 2 …) by hash: a hash table in typed arrays, without an object per item. */
export class HashChains {
  /** The first item of each chain, and the next item of the same chain, as its number + 1; 0 ends it. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #mask: number;

  /** @param count the number of items */
  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(count + 2));
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(count);
  }

  /** Puts item `i` at the head of its chain. To find items in ascending order, add the last one first. */
  add(hash: number, i: number): void {
    const slot = hash & this.#mask;
    this.#next[i] = this.#heads[slot] as number;
    this.#heads[slot] = i + 1;
  }

  /** All items that may have this hash. */
  *find(hash: number): Generator<number> {
    for (let i = this.#heads[hash & this.#mask] as number; i > 0; i = this.#next[i - 1] as number)
      yield i - 1;
  }
}
