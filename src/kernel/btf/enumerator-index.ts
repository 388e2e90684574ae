import { HashChains } from '../../bytes/hash-chains.ts';
import type { Btf } from './btf.ts';
import { isEnum } from './kinds.ts';
import { hashOf } from './strings.ts';

/** Finds the constants of all enumerations by name, those of the base first. */
export class EnumeratorIndex {
  readonly #btf: Btf;
  readonly #chains: HashChains;
  /** The enumeration of each constant. */
  readonly #owners: Uint32Array;
  /** The index of the first constant of that enumeration. */
  readonly #firsts: Uint32Array;

  /** @throws InspectError corrupt if a name is outside the strings */
  constructor(btf: Btf) {
    this.#btf = btf;
    const enums = enumsOf(btf);
    const count = enums.reduce((sum, id) => sum + btf.elements(id), 0);
    this.#chains = new HashChains(count);
    this.#owners = new Uint32Array(count);
    this.#firsts = new Uint32Array(count);
    this.#fill(enums, count);
  }

  #fill(enums: readonly number[], count: number): void {
    let first = count;
    for (let at = enums.length - 1; at >= 0; at--) {
      const id = enums[at] as number;
      const elements = this.#btf.elements(id);
      first -= elements;
      for (let i = elements - 1; i >= 0; i--) {
        this.#owners[first + i] = id;
        this.#firsts[first + i] = first;
        this.#chains.add(this.#btf.enumeratorHash(id, i), first + i);
      }
    }
  }

  /** Returns the value of the first constant of that name. @throws InspectError corrupt */
  find(name: string): bigint | undefined {
    const wanted = Buffer.from(name, 'latin1');
    for (const n of this.#chains.find(hashOf(wanted, 0))) {
      const id = this.#owners[n] as number;
      const i = n - (this.#firsts[n] as number);
      if (this.#btf.enumeratorIsNamed(id, i, wanted)) return this.#btf.enumerator(id, i).value;
    }
    return undefined;
  }
}

function enumsOf(btf: Btf): number[] {
  const enums: number[] = [];
  for (let id = 1; id < btf.endId; id++) if (isEnum(btf.kind(id))) enums.push(id);
  return enums;
}
