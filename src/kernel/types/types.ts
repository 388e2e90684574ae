import { InspectError } from '../../errors.ts';
import type { Btf, Enumerator } from '../btf/btf.ts';
import { EnumeratorIndex } from '../btf/enumerator-index.ts';
import { hasMembers, isEnum } from '../btf/kinds.ts';
import { StructType } from './struct-type.ts';

/** A kernel's types by name; resolved ones are cached. */
export class Types {
  readonly btf: Btf;
  readonly #structs = new Map<string, StructType | undefined>();
  #enumerators: EnumeratorIndex | undefined;

  constructor(btf: Btf) {
    this.btf = btf;
  }

  /** Returns a structure or union. @throws InspectError missingInfo if this kernel has none of that name */
  struct(name: string): StructType {
    const found = this.findStruct(name);
    if (found) return found;
    throw new InspectError('missingInfo', `this kernel's BTF has no struct ${name}`, { key: name });
  }

  /** Returns a structure or union, or a typedef of one; the first if there are several. */
  findStruct(name: string): StructType | undefined {
    if (!this.#structs.has(name)) this.#structs.set(name, this.#lookUp(name));
    return this.#structs.get(name);
  }

  #lookUp(name: string): StructType | undefined {
    for (const id of this.btf.find(name)) {
      const resolved = this.btf.resolve(id);
      if (hasMembers(this.btf.kind(resolved))) return new StructType(this.btf, resolved, name);
    }
    return undefined;
  }

  /**
   * Returns the values of an enumeration in the order of its declaration; undefined if there is none of that
   * name.
   */
  enumeration(name: string): Enumerator[] | undefined {
    for (const id of this.btf.find(name)) {
      const resolved = this.btf.resolve(id);
      if (!isEnum(this.btf.kind(resolved))) continue;
      return Array.from({ length: this.btf.elements(resolved) }, (_, i) => this.btf.enumerator(resolved, i));
    }
    return undefined;
  }

  /** Returns the value of a constant of any enumeration, also an anonymous one, such as MM_ANONPAGES. */
  enumerator(name: string): bigint | undefined {
    this.#enumerators ??= new EnumeratorIndex(this.btf);
    return this.#enumerators.find(name);
  }
}
