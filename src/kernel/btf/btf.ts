import { corruptBtf, readHeader } from './header.ts';
import { btfKindOf, hasMembers, isEnum, isModifier, KIND, kindFlagOf, kindName, vlenOf } from './kinds.ts';
import { isFound, NameIndex } from './name-index.ts';
import { BtfStrings } from './strings.ts';
import { indexTypes, type TypeTable } from './type-table.ts';

/** No type nests deeper: declarations, qualifiers or typedefs that do form a cycle. */
export const DEPTH_LIMIT = 64;
const POINTER = 8;
const FIXED_WORDS = 3;

/** A member of a structure or union, as in BTF. */
export interface Member {
  /** Empty for an anonymous member. */
  readonly name: string;
  readonly type: number;
  /** Bits from the start of the structure. */
  readonly bitOffset: number;
  /** Width of a bit field; null for any other member. */
  readonly bitSize: number | null;
}

/** A constant of an enumeration. */
export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

/** The encoding of a BTF integer (BTF_KIND_INT). */
export interface IntEncoding {
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
  /** Number of bits. Before bit fields had their own encoding, it could be less than the integer's size. */
  readonly bits: number;
  /** First bit within the integer, for such a bit field. */
  readonly bitOffset: number;
}

/**
 * The types of a kernel or a module (Documentation/bpf/btf.rst) by id. Id 0 is void. A split BTF continues
 * the ids and strings of its base. Types are decoded on demand.
 */
export class Btf {
  readonly base: Btf | undefined;
  /** The first id. */
  readonly firstId: number;
  /** The id after the last one. */
  readonly endId: number;
  readonly strings: BtfStrings;
  readonly #table: TypeTable;
  readonly #typesAt: number;
  #names: NameIndex | undefined;

  /** @throws InspectError corrupt or unsupported */
  constructor(bytes: Uint8Array, base?: Btf) {
    const sections = readHeader(bytes);
    const { strings, stringsLength } = sections;
    this.base = base;
    this.strings = new BtfStrings(bytes.subarray(strings, strings + stringsLength), base?.strings);
    if (!base && !this.strings.isEmpty(0)) throw corruptBtf('the first string is not empty', strings);
    this.#table = indexTypes(bytes, sections);
    this.#typesAt = sections.types;
    this.firstId = base?.endId ?? 1;
    this.endId = this.firstId + this.#table.count;
  }

  /** Returns BTF_KIND_*, 0 for void. @throws InspectError corrupt if there is no such type */
  kind(id: number): number {
    return id === 0 ? KIND.VOID : btfKindOf(this.#word(id, 1));
  }

  /** Returns the number of members, enumerators, parameters or variables. @throws InspectError corrupt */
  elements(id: number): number {
    return vlenOf(this.#word(id, 1));
  }

  /** Returns the kind's flag; for FWD it means a union. @throws InspectError corrupt */
  flag(id: number): boolean {
    return kindFlagOf(this.#word(id, 1));
  }

  isUnion(id: number): boolean {
    return this.kind(id) === KIND.UNION;
  }

  /** Returns the name, empty for an anonymous type and for void. @throws InspectError corrupt */
  nameOf(id: number): string {
    return id === 0 ? '' : this.strings.text(this.#word(id, 0));
  }

  /**
   * Returns the type that a pointer, modifier, function or variable refers to.
   * @throws InspectError corrupt
   */
  target(id: number): number {
    return this.#word(id, 2);
  }

  /** Strips typedef, const, volatile, restrict and type tags. @throws InspectError corrupt for a cycle */
  resolve(id: number): number {
    let at = id;
    for (let steps = 0; steps < DEPTH_LIMIT; steps++) {
      if (!isModifier(this.kind(at))) return at;
      at = this.target(at);
    }
    throw this.corrupt(id, `is a typedef or qualifier more than ${DEPTH_LIMIT} deep`);
  }

  /**
   * Returns the bytes of a value; undefined for types without values: void, functions, forward declarations.
   */
  sizeOf(id: number): number | undefined {
    let count = 1;
    let at = this.resolve(id);
    for (let depth = 0; depth < DEPTH_LIMIT; depth++) {
      const kind = this.kind(at);
      if (kind !== KIND.ARRAY && kind !== KIND.VAR) return this.#plainSize(id, at, count);
      if (kind === KIND.ARRAY) count *= this.array(at).count;
      at = this.resolve(kind === KIND.ARRAY ? this.array(at).element : this.target(at));
    }
    throw this.corrupt(id, `is an array more than ${DEPTH_LIMIT} deep`);
  }

  #plainSize(id: number, at: number, count: number): number | undefined {
    const kind = this.kind(at);
    const sized = kind === KIND.INT || kind === KIND.FLOAT || hasMembers(kind) || isEnum(kind);
    if (!sized && kind !== KIND.PTR) return undefined;
    const size = count * (kind === KIND.PTR ? POINTER : this.#word(at, 2));
    if (!Number.isSafeInteger(size)) throw this.corrupt(id, `is an array of ${count} elements`);
    return size;
  }

  /** Returns the element type and number of elements of an array. @throws InspectError corrupt */
  array(id: number): { readonly element: number; readonly count: number } {
    return { element: this.#word(id, FIXED_WORDS), count: this.#word(id, FIXED_WORDS + 2) };
  }

  /** @throws InspectError corrupt */
  int(id: number): IntEncoding {
    const word = this.#word(id, FIXED_WORDS);
    const encoding = (word >>> 24) & 0xf;
    return {
      signed: (encoding & 1) !== 0,
      char: (encoding & 2) !== 0,
      bool: (encoding & 4) !== 0,
      bits: word & 0xff,
      bitOffset: (word >>> 16) & 0xff,
    };
  }

  /** Returns member i of a structure or union. @throws InspectError corrupt */
  member(id: number, i: number): Member {
    const at = FIXED_WORDS + 3 * i;
    const type = this.#word(id, at + 1);
    const offset = this.#word(id, at + 2);
    const name = this.strings.text(this.#word(id, at));
    if (!this.flag(id)) return { name, type, ...this.#oldBitField(type, offset) };
    return { name, type, bitOffset: offset & 0xff_ffff, bitSize: offset >>> 24 || null };
  }

  /**
   * Without the flag (before 4.20, 9d5f9f701b18), a bit field is a member whose integer type has fewer bits.
   */
  #oldBitField(type: number, offset: number): Pick<Member, 'bitOffset' | 'bitSize'> {
    const resolved = this.resolve(type);
    if (this.kind(resolved) !== KIND.INT) return { bitOffset: offset, bitSize: null };
    const { bits, bitOffset } = this.int(resolved);
    const whole = bits === 8 * (this.sizeOf(resolved) ?? 0);
    return { bitOffset: offset + bitOffset, bitSize: whole ? null : bits };
  }

  /** Whether member i has that name, without decoding it; an empty name matches an anonymous member. */
  memberIsNamed(id: number, i: number, name: Uint8Array): boolean {
    return this.strings.equals(this.#word(id, FIXED_WORDS + 3 * i), name);
  }

  /** Whether the name of member i is a whole string, not the tail of another. @throws InspectError corrupt */
  beginsName(id: number, i: number): boolean {
    return this.strings.begins(this.#word(id, FIXED_WORDS + 3 * i));
  }

  /** Returns parameter i of a function prototype. @throws InspectError corrupt */
  parameter(id: number, i: number): { readonly name: string; readonly type: number } {
    const at = FIXED_WORDS + 2 * i;
    return { name: this.strings.text(this.#word(id, at)), type: this.#word(id, at + 1) };
  }

  /** Returns enumerator i of an enumeration of either width. @throws InspectError corrupt */
  enumerator(id: number, i: number): Enumerator {
    const wide = this.kind(id) === KIND.ENUM64;
    const at = FIXED_WORDS + (wide ? 3 : 2) * i;
    const name = this.strings.text(this.#word(id, at));
    const low = BigInt(this.#word(id, at + 1));
    const raw = wide ? (BigInt(this.#word(id, at + 2)) << 32n) | low : low;
    return { name, value: this.isSigned(id) ? BigInt.asIntN(wide ? 64 : 32, raw) : raw };
  }

  enumeratorIsNamed(id: number, i: number, name: Uint8Array): boolean {
    return this.strings.equals(this.#enumeratorName(id, i), name);
  }

  /** Returns hashOf() of the enumerator's name. @throws InspectError corrupt */
  enumeratorHash(id: number, i: number): number {
    return this.strings.hash(this.#enumeratorName(id, i));
  }

  #enumeratorName(id: number, i: number): number {
    const width = this.kind(id) === KIND.ENUM64 ? 3 : 2;
    return this.#word(id, FIXED_WORDS + width * i);
  }

  /**
   * Whether an enumeration's values are signed; if the writer did not record it, all are, like btf_enum.val.
   */
  isSigned(id: number): boolean {
    const owner = this.#owner(id);
    return this.flag(id) || !owner.#table.signedness;
  }

  /**
   * Yields the ids of all types of that name, first from this BTF, then from its base, except functions and
   * tags.
   */
  *find(name: string): Generator<number> {
    this.#names ??= new NameIndex(this.#table, this.strings);
    for (const i of this.#names.find(name)) yield this.firstId + i;
    if (this.base) yield* this.base.find(name);
  }

  /** Yields the names of all types that find() can find, in order; some repeat. */
  *names(): Generator<string> {
    for (let id = this.firstId; id < this.endId; id++) {
      const name = isFound(this.kind(id)) ? this.nameOf(id) : '';
      if (name !== '') yield name;
    }
    if (this.base) yield* this.base.names();
  }

  /** The error for an invalid type, with its place in the BTF. */
  corrupt(id: number, what: string): Error {
    const owner = this.#owner(id);
    const offset = owner.#typesAt + 4 * (owner.#table.starts[id - owner.firstId] as number);
    return corruptBtf(`type ${id} (${kindName(this.kind(id))}) ${what}`, offset);
  }

  /** Returns word `i` of a type; the first pass over all types has checked that it exists. */
  #word(id: number, i: number): number {
    const owner = this.#owner(id);
    const { starts, words } = owner.#table;
    return words[(starts[id - owner.firstId] as number) + i] as number;
  }

  #owner(id: number): Btf {
    if (id >= this.firstId && id < this.endId) return this;
    if (this.base && id > 0 && id < this.firstId) return this.base.#owner(id);
    throw corruptBtf(`there is no type ${id}: the last one is ${this.endId - 1}`);
  }
}
