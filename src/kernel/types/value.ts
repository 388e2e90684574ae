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

/** What memory holds, read by its type. */
export type Value =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** `name` is null for a number that the enumeration does not name. */
  | { readonly kind: 'enum'; readonly value: bigint; readonly name: string | null }
  | { readonly kind: 'pointer'; readonly address: bigint }
  /** A character array up to its NUL. */
  | { readonly kind: 'text'; readonly text: string }
  /** `count` is how many members it has; `members` may be fewer. */
  | { readonly kind: 'struct'; readonly count: number; readonly members: readonly MemberValue[] }
  /** `count` is how many the array has; `elements` may be fewer. */
  | { readonly kind: 'array'; readonly count: number; readonly elements: readonly Value[] }
  /** The bytes are there, but this program does not know what they say: a floating point number, say. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing'; readonly reason: string };

export interface MemberValue {
  /** Empty for an anonymous structure or union. */
  readonly name: string;
  readonly value: Value;
}

/** Bounds what is decoded: arrays of thousands of structures are no answer to anything. */
export interface Budget {
  /** Elements of each array that are decoded. */
  readonly elements: number;
  /** Values altogether, which are left. */
  values: number;
}

/** More than any structure that a kernel has; module BTF and hostile dumps may claim gigabytes. */
const SIZE_LIMIT = 16 << 20;
/** Bytes of all texts of a value: the log buffer has a MiB at most where it is an array. */
const BYTES_LIMIT = 4 << 20;
const TOO_MUCH = `its texts have more than ${BYTES_LIMIT} bytes`;

/**
 * The value of a subject that has an address.
 * @throws InspectError unsupported, for a type that has no values
 */
export function readValue(space: AddressSpace, subject: Subject, address: bigint, budget: Budget): Value {
  const { btf, type, bits } = subject;
  const size = btf.sizeOf(type);
  if (size === undefined || size > SIZE_LIMIT) {
    const why = size === undefined ? 'has no values' : `has ${size} bytes, more than are read at once`;
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
  /** Bytes of texts and of what is not decoded that are left: many members may claim the same. */
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

  /** Why not all of a place's bytes are there. */
  #missing(place: MemberPlace): string | undefined {
    const { start, end } = this.#span(place);
    if (end > this.#memory.bytes.length) return 'lies outside of its structure';
    return this.#memory.missing.find((part) => part.start < end && part.end > start)?.reason;
  }

  #span({ type, bitOffset, bitSize }: MemberPlace): { start: number; end: number } {
    const bits = bitSize ?? 8 * (this.#btf.sizeOf(type) ?? 0);
    return { start: Math.floor(bitOffset / 8), end: Math.ceil((bitOffset + bits) / 8) };
  }
}

/** What is to be told of a value besides itself. */
export interface ValueNotes {
  /** Sentences on the parts that could not be read. */
  readonly missing: readonly string[];
  /** Sentences on the arrays of which not all elements are there. */
  readonly cut: readonly string[];
  /** All pointers in it. */
  readonly pointers: readonly bigint[];
}

/** Goes through a value and collects what is to be told of it. */
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
      notes.cut.push(`of the ${value.count} members${of} the first ${value.members.length} are shown`);
    }
    for (const { name, value: inner } of value.members) collect(inner, `${path}.${name}`, notes);
  }
  if (value.kind !== 'array') return;
  const { count, elements } = value;
  if (count > elements.length) {
    notes.cut.push(`of the ${count} elements of ${path.slice(1)} the first ${elements.length} are shown`);
  }
  elements.forEach((element, i) => {
    collect(element, `${path}[${i}]`, notes);
  });
}

/** char, as opposed to u8: BTF marks it as a character (pahole does not always), and it has the name. */
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
