import { KIND, kindOf } from './kinds.ts';
import { type BtfStrings, hashOf } from './strings.ts';
import type { TypeTable } from './type-table.ts';

/** Whether types of a kind are found by name: not functions, of which there are more than of all others together. */
export function isFound(kind: number): boolean {
  return kind !== KIND.FUNC && kind !== KIND.DECL_TAG && kind !== KIND.TYPE_TAG;
}

/** Finds the types of a blob by name: a hash table in typed arrays, its chains in ascending order. */
export class NameIndex {
  readonly #table: TypeTable;
  readonly #strings: BtfStrings;
  /** The first type of a chain, and the next one of the same chain; the number of a type and one, 0 for none. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #mask: number;

  /** @throws InspectError corrupt, for a name that is not in the strings */
  constructor(table: TypeTable, strings: BtfStrings) {
    this.#table = table;
    this.#strings = strings;
    const size = 2 ** Math.ceil(Math.log2(table.count + 2));
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#next = new Uint32Array(table.count);
    this.#fill();
  }

  #fill(): void {
    const { words, starts, count } = this.#table;
    for (let i = count - 1; i >= 0; i--) {
      const start = starts[i] as number;
      const name = words[start] as number;
      if (name === 0 || !isFound(kindOf(words[start + 1] as number))) continue;
      const slot = this.#strings.hash(name) & this.#mask;
      this.#next[i] = this.#heads[slot] as number;
      this.#heads[slot] = i + 1;
    }
  }

  /** The numbers of all types of that name, ascending from 0 on. */
  *find(name: string): Generator<number> {
    const wanted = Buffer.from(name, 'latin1');
    const slot = hashOf(wanted, 0) & this.#mask;
    for (let i = this.#heads[slot] as number; i > 0; i = this.#next[i - 1] as number) {
      const at = this.#table.words[this.#table.starts[i - 1] as number] as number;
      if (this.#strings.equals(at, wanted)) yield i - 1;
    }
  }
}
