import { hashOf } from './strings.ts';

/** What an index needs to know of the things that it finds: numbers from 0 on, each with a name. */
export interface Named {
  readonly count: number;
  /** undefined for one that shall not be found. */
  hashAt(i: number): number | undefined;
  isNamed(i: number, name: Uint8Array): boolean;
}

/** Finds things by name: a hash table in typed arrays, chains in ascending order. */
export class NameIndex {
  readonly #named: Named;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  constructor(named: Named) {
    this.#named = named;
    const size = 2 ** Math.ceil(Math.log2(named.count + 2));
    this.#mask = size - 1;
    this.#heads = new Int32Array(size).fill(-1);
    this.#next = new Int32Array(named.count);
    for (let i = named.count - 1; i >= 0; i--) {
      const hash = named.hashAt(i);
      if (hash === undefined) continue;
      this.#next[i] = this.#heads[hash & this.#mask] as number;
      this.#heads[hash & this.#mask] = i;
    }
  }

  /** All of that name, ascending. */
  *find(name: string): Generator<number> {
    const wanted = Buffer.from(name, 'latin1');
    const slot = hashOf(wanted) & this.#mask;
    for (let i = this.#heads[slot] as number; i >= 0; i = this.#next[i] as number) {
      if (this.#named.isNamed(i, wanted)) yield i;
    }
  }
}
