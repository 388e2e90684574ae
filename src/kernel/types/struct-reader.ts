import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { readBig, readNumber, type Scalar, scalarAt } from './scalar.ts';
import type { MemberField, StructType } from './struct-type.ts';

/** The name of a member without the question mark of one that a kernel may lack. */
export type NameOf<P extends string> = P extends `${infer Name}?` ? Name : P;

/** A number's place is resolved when it is asked for the first time: many members are asked as bytes only. */
interface Picked {
  readonly field: MemberField;
  readonly scalar: Scalar | undefined;
}

/** No member that is read as a whole is larger: task_struct has some 10 KiB. */
const WINDOW_LIMIT = 1 << 20;

/**
 * Reads some members of many objects of one structure: the bytes that hold them are read at once, for each object into
 * the same buffer, and members are decoded when they are asked for.
 */
export class StructReader<P extends string> {
  readonly type: StructType;
  readonly #space: AddressSpace;
  readonly #picked = new Map<string, Picked>();
  /** The bytes from the first to the last member. */
  readonly #start: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #address = 0n;

  /**
   * @param paths of the members, as StructType.field() takes them; one with a question mark behind it may be absent
   * @throws InspectError missingInfo, when this kernel lacks one
   */
  constructor(space: AddressSpace, type: StructType, paths: readonly P[]) {
    this.type = type;
    this.#space = space;
    for (const path of paths) this.#pick(path);
    const fields = [...this.#picked.values()].map(({ field }) => field);
    this.#start = fields.reduce((low, field) => Math.min(low, field.offset), type.size);
    const end = fields.reduce((high, field) => Math.max(high, endOf(field)), this.#start);
    if (end - this.#start > WINDOW_LIMIT) {
      throw new InspectError('corrupt', `BTF: ${type.name} has members ${end - this.#start} bytes apart`);
    }
    this.#bytes = new Uint8Array(end - this.#start);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #pick(path: string): void {
    const optional = path.endsWith('?');
    const name = optional ? path.slice(0, -1) : path;
    const field = optional ? this.type.find(name) : this.type.field(name);
    if (field) this.#picked.set(name, { field, scalar: scalarAt(this.type.btf, field) });
  }

  /** Reads the object at an address. What was read of another one is gone. @throws InspectError notMapped or notStored */
  load(address: bigint): this {
    this.#space.read(address + BigInt(this.#start), this.#bytes);
    this.#address = address;
    return this;
  }

  /** Takes the object from bytes that were read already, in which it begins at `offset`. */
  loadFrom(bytes: Uint8Array, offset: number, address: bigint): this {
    this.#bytes.set(bytes.subarray(offset + this.#start, offset + this.#start + this.#bytes.length));
    this.#address = address;
    return this;
  }

  /** Virtual address of the object that was read last. */
  get address(): bigint {
    return this.#address;
  }

  /** Whether this kernel has a member that was asked for with a question mark. */
  has(name: NameOf<P>): boolean {
    return this.#picked.has(name);
  }

  /** Virtual address of a member. */
  addressOf(name: NameOf<P>): bigint {
    return this.#address + BigInt(this.#get(name).field.offset);
  }

  /**
   * A member as a number: an integer or enumeration, also a bit field, or one in a wrapper such as atomic_t.
   * @throws InspectError corrupt, for one of 64 bits that is beyond 2^53; unsupported, for what is no number
   */
  number(name: NameOf<P>): number {
    const value = readNumber(this.#view, -this.#start, this.#scalar(name));
    if (value !== undefined) return value;
    const what = `${this.type.name}.${name} at ${hex(this.#address)} is ${this.big(name)}`;
    throw new InspectError('corrupt', `${what}, which is no plausible number`, { address: this.#address });
  }

  /** As number(), of any size; a pointer, too. @throws InspectError unsupported, for what is no number */
  big(name: NameOf<P>): bigint {
    return readBig(this.#view, -this.#start, this.#scalar(name));
  }

  /** A character array up to its NUL. UTF-8 where it is that, else a character a byte. */
  text(name: NameOf<P>): string {
    return textOf(this.bytes(name));
  }

  /** A copy of a member's bytes. */
  bytes(name: NameOf<P>): Uint8Array {
    const { offset, size } = this.#get(name).field;
    return this.#bytes.slice(offset - this.#start, offset - this.#start + size);
  }

  #scalar(name: string): Scalar {
    const { scalar } = this.#get(name);
    if (scalar) return scalar;
    throw new InspectError('unsupported', `${this.type.name}.${name} is no number in this kernel`);
  }

  #get(name: string): Picked {
    const picked = this.#picked.get(name);
    if (picked) return picked;
    throw new InspectError('missingInfo', `this kernel has no ${this.type.name}.${name}`);
  }
}

function endOf({ offset, size, bitOffset, bitSize }: MemberField): number {
  return bitSize === null ? offset + size : Math.ceil((bitOffset + bitSize) / 8);
}
