/** Things from 0 on by a hash of theirs: a hash table in typed arrays, no object a thing. */
export class HashChains {
  /** The first of a chain, and the next one of the same chain; its number and one, 0 for none. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #mask: number;

  /** @param count how many things there are */
  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(count + 2));
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(count);
  }

  /** Puts thing `i` before those that are there: to find things in ascending order, add the last one first. */
  add(hash: number, i: number): void {
    const slot = hash & this.#mask;
    this.#next[i] = this.#heads[slot] as number;
    this.#heads[slot] = i + 1;
  }

  /** All things that may have that hash. */
  *find(hash: number): Generator<number> {
    for (let i = this.#heads[hash & this.#mask] as number; i > 0; i = this.#next[i - 1] as number)
      yield i - 1;
  }
}
