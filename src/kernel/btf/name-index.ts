import { HashChains } from '../../bytes/hash-chains.ts';
import { btfKindOf, KIND } from './kinds.ts';
import { type BtfStrings, hashOf } from './strings.ts';
import type { TypeTable } from './type-table.ts';

/** Whether types of a kind can be found by name: not functions, which outnumber all others together. */
export function isFound(kind: number): boolean {
  return kind !== KIND.FUNC && kind !== KIND.DECL_TAG && kind !== KIND.TYPE_TAG;
}

/** Finds the types of a BTF by name. */
export class NameIndex {
  readonly #table: TypeTable;
  readonly #strings: BtfStrings;
  readonly #chains: HashChains;

  /** @throws InspectError corrupt if a name is outside the strings */
  constructor(table: TypeTable, strings: BtfStrings) {
    this.#table = table;
    this.#strings = strings;
    this.#chains = new HashChains(table.count);
    this.#fill();
  }

  #fill(): void {
    const { words, starts, count } = this.#table;
    for (let i = count - 1; i >= 0; i--) {
      const start = starts[i] as number;
      const name = words[start] as number;
      if (name === 0 || !isFound(btfKindOf(words[start + 1] as number))) continue;
      this.#chains.add(this.#strings.hash(name), i);
    }
  }

  /** Yields the indexes of all types of that name, ascending from 0. */
  *find(name: string): Generator<number> {
    const wanted = Buffer.from(name, 'latin1');
    for (const i of this.#chains.find(hashOf(wanted, 0))) {
      const at = this.#table.words[this.#table.starts[i] as number] as number;
      if (this.#strings.equals(at, wanted)) yield i;
    }
  }
}
