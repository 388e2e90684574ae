import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { type Btf, DEPTH_LIMIT } from '../btf/btf.ts';
import { hasMembers, isEnum, KIND } from '../btf/kinds.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { type PartialMemory, readPartial } from '../paging/partial-memory.ts';
import { typeName } from './c-names.ts';
import type { MemberPlace } from './members.ts';
import { readBig, type Scalar, scalarAt } from './scalar.ts';
import type { Subject } from './subject.ts';

/** A value in memory, decoded by its type. */
export type Value =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** `name` is null if the enumeration has no name for the number. */
  | { readonly kind: 'enum'; readonly value: bigint; readonly name: string | null }
  | { readonly kind: 'pointer'; readonly address: bigint }
  /** A character array up to its NUL. */
  | { readonly kind: 'text'; readonly text: string }
  /** `count` is the number of members; `members` may have fewer. */
  | { readonly kind: 'struct'; readonly count: number; readonly members: readonly MemberValue[] }
  /** `count` is the number of elements; `elements` may have fewer. */
  | { readonly kind: 'array'; readonly count: number; readonly elements: readonly Value[] }
  /** Bytes that this program cannot interpret, such as a floating point number. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing'; readonly reason: string };

export interface MemberValue {
  /** Empty for an anonymous structure or union. */
  readonly name: string;
  readonly value: Value;
}

/** Limits what is decoded: nobody wants an array of thousands of structures. */
export interface Budget {
  /** Elements to decode of each array. */
  readonly elements: number;
  /** Values left to decode, of all kinds. */
  values: number;
}

/** Larger than any structure of a kernel; module BTF and hostile dumps may claim gigabytes. */
const SIZE_LIMIT = 16 << 20;
/** Bytes of all texts of a value: the log buffer, if it is an array, has at most a MiB. */
const BYTES_LIMIT = 4 << 20;
const TOO_MUCH = `its texts exceed ${BYTES_LIMIT} bytes`;

/**
 * Reads the value of a subject that has an address.
 * @throws InspectError unsupported if the type has no values
 */
export function readValue(space: AddressSpace, subject: Subject, address: bigint, budget: Budget): Value {
  const { btf, type, bits } = subject;
  const size = btf.sizeOf(type);
  if (size === undefined || size > SIZE_LIMIT) {
    const why = size === undefined ? 'has no values' : `has ${size} bytes, too many to read at once`;
    throw new InspectError('unsupported', `${typeName(btf, type)} ${why}`, { address });
  }
  const touched = bits === null ? size : Math.ceil((bits.first + bits.count) / 8);
  const memory = readPartial(space, address, touched);
  const place = { type, bitOffset: bits?.first ?? 0, bitSize: bits?.count ?? null };
  return new Decoder(btf, memory, budget).decode(place, 0);
}

class Decoder {
  readonly #btf: Btf;
  readonly #memory: PartialMemory;
  readonly #view: DataView;
  readonly #budget: Budget;
  /** Bytes left for texts and undecoded values: many members may claim the same bytes. */
  #bytesLeft = BYTES_LIMIT;

  constructor(btf: Btf, memory: PartialMemory, budget: Budget) {
    this.#btf = btf;
    this.#memory = memory;
    this.#view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, memory.bytes.byteLength);
    this.#budget = budget;
  }

  decode(place: MemberPlace, depth: number): Value {
    const btf = this.#btf;
    const id = btf.resolve(place.type);
    if (depth > DEPTH_LIMIT) throw btf.corrupt(id, `nests more than ${DEPTH_LIMIT} deep`);
    this.#budget.values--;
    const kind = btf.kind(id);
    if (hasMembers(kind)) return this.#struct(id, place, depth);
    if (kind === KIND.ARRAY) return this.#array(id, place, depth);
    const missing = this.#missing(place);
    if (missing !== undefined) return { kind: 'missing', reason: missing };
    const scalar = scalarAt(btf, place);
    return scalar ? this.#number(id, kind, scalar) : this.#opaque(place);
  }

  #number(id: number, kind: number, scalar: Scalar): Value {
    const value = readBig(this.#view, 0, scalar);
    if (kind === KIND.PTR) return { kind: 'pointer', address: value };
    if (isEnum(kind)) return { kind: 'enum', value, name: enumeratorOf(this.#btf, id, value) };
    if (kind === KIND.INT && this.#btf.int(id).bool && value <= 1n)
      return { kind: 'bool', value: value === 1n };
    return { kind: 'number', value };
  }

  #struct(id: number, place: MemberPlace, depth: number): Value {
    const members: MemberValue[] = [];
    for (let i = 0; i < this.#btf.elements(id) && this.#budget.values > 0; i++) {
      const { name, type, bitOffset, bitSize } = this.#btf.member(id, i);
      const at = { type, bitOffset: place.bitOffset + bitOffset, bitSize };
      members.push({ name, value: this.decode(at, depth + 1) });
    }
    return { kind: 'struct', count: this.#btf.elements(id), members };
  }

  #array(id: number, place: MemberPlace, depth: number): Value {
    const { element, count } = this.#btf.array(id);
    const size = this.#btf.sizeOf(element) ?? 0;
    const missing = this.#missing(place);
    if (isCharacter(this.#btf, element) && count > 0) {
      if (missing !== undefined) return { kind: 'missing', reason: missing };
      const at = place.bitOffset / 8;
      const text = textOf(this.#memory.bytes.subarray(at, at + count));
      this.#bytesLeft -= text.length;
      return this.#bytesLeft < 0 ? { kind: 'missing', reason: TOO_MUCH } : { kind: 'text', text };
    }
    const elements: Value[] = [];
    for (let i = 0; i < Math.min(count, this.#budget.elements) && this.#budget.values > 0; i++) {
      const at = { type: element, bitOffset: place.bitOffset + 8 * size * i, bitSize: null };
      elements.push(this.decode(at, depth + 1));
    }
    return { kind: 'array', count, elements };
  }

  #opaque(place: MemberPlace): Value {
    const { start, end } = this.#span(place);
    this.#bytesLeft -= end - start;
    if (this.#bytesLeft < 0) return { kind: 'missing', reason: TOO_MUCH };
    return { kind: 'opaque', bytes: this.#memory.bytes.slice(start, end) };
  }

  /** Returns why some of a place's bytes are missing. */
  #missing(place: MemberPlace): string | undefined {
    const { start, end } = this.#span(place);
    if (end > this.#memory.bytes.length) return 'lies outside its structure';
    return this.#memory.missing.find((part) => part.start < end && part.end > start)?.reason;
  }

  #span({ type, bitOffset, bitSize }: MemberPlace): { start: number; end: number } {
    const bits = bitSize ?? 8 * (this.#btf.sizeOf(type) ?? 0);
    return { start: Math.floor(bitOffset / 8), end: Math.ceil((bitOffset + bits) / 8) };
  }
}

/** What to report about a value besides the value itself. */
export interface ValueNotes {
  /** Sentences on the parts that could not be read. */
  readonly missing: readonly string[];
  /** Sentences on arrays and structures that are not shown whole. */
  readonly cut: readonly string[];
  /** All pointers in it. */
  readonly pointers: readonly bigint[];
}

/** Collects what to report about a value. */
export function notesOn(value: Value): ValueNotes {
  const notes = { missing: [] as string[], cut: [] as string[], pointers: [] as bigint[] };
  collect(value, '', notes);
  return notes;
}

function collect(
  value: Value,
  path: string,
  notes: { [K in keyof ValueNotes]: ValueNotes[K][number][] },
): void {
  if (value.kind === 'missing') notes.missing.push(value.reason);
  if (value.kind === 'pointer') notes.pointers.push(value.address);
  if (value.kind === 'struct') {
    if (value.count > value.members.length) {
      const of = path === '' ? '' : ` of ${path.slice(1)}`;
      notes.cut.push(`only the first ${value.members.length} of ${value.count} members${of} are shown`);
    }
    for (const { name, value: inner } of value.members) collect(inner, `${path}.${name}`, notes);
  }
  if (value.kind !== 'array') return;
  const { count, elements } = value;
  if (count > elements.length) {
    notes.cut.push(`only the first ${elements.length} of ${count} elements of ${path.slice(1)} are shown`);
  }
  elements.forEach((element, i) => {
    collect(element, `${path}[${i}]`, notes);
  });
}

/**
 * Whether a type is char, as opposed to u8: marked as a character (pahole does not always do so) or so named.
 */
function isCharacter(btf: Btf, type: number): boolean {
  const id = btf.resolve(type);
  if (btf.kind(id) !== KIND.INT || btf.sizeOf(id) !== 1) return false;
  return btf.int(id).char || btf.nameOf(id) === 'char';
}

function enumeratorOf(btf: Btf, id: number, value: bigint): string | null {
  for (let i = 0; i < btf.elements(id); i++) {
    const enumerator = btf.enumerator(id, i);
    if (enumerator.value === value) return enumerator.name;
  }
  return null;
}
