import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { readBig, readNumber, type Scalar, scalarAt } from './scalar.ts';
import type { MemberField, StructType } from './struct-type.ts';

/** A member's name without the question mark that makes it optional. */
export type NameOf<P extends string> = P extends `${infer Name}?` ? Name : P;

/** A selected member; `scalar` is undefined if it can only be read as bytes. */
interface Picked {
  readonly field: MemberField;
  readonly scalar: Scalar | undefined;
}

/** Larger than any structure that is read at once: task_struct has some 10 KiB. */
const WINDOW_LIMIT = 1 << 20;

/**
 * Reads selected members of many objects of one structure. Each object's bytes are read at once into the same
 * buffer; members are decoded on demand.
 */
export class StructReader<P extends string> {
  readonly type: StructType;
  readonly #space: AddressSpace;
  readonly #picked = new Map<string, Picked>();
  /** Offset of the first selected member. */
  readonly #start: number;
  /** The bytes from the first to the last selected member. */
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #address = 0n;

  /**
   * @param paths of the members, as for StructType.field(); a trailing question mark makes one optional
   * @throws InspectError missingInfo if this kernel lacks one
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

  /**
   * Reads the object at an address, in place of the previous one.
   * @throws InspectError notMapped or notStored
   */
  load(address: bigint): this {
    this.#space.read(address + BigInt(this.#start), this.#bytes);
    this.#address = address;
    return this;
  }

  /** Takes the object from bytes already read, where it begins at `offset`. */
  loadFrom(bytes: Uint8Array, offset: number, address: bigint): this {
    this.#bytes.set(bytes.subarray(offset + this.#start, offset + this.#start + this.#bytes.length));
    this.#address = address;
    return this;
  }

  /** Virtual address of the current object. */
  get address(): bigint {
    return this.#address;
  }

  /** Whether this kernel has an optional member. */
  has(name: NameOf<P>): boolean {
    return this.#picked.has(name);
  }

  /** Returns the virtual address of a member. */
  addressOf(name: NameOf<P>): bigint {
    return this.#address + BigInt(this.#get(name).field.offset);
  }

  /**
   * Returns a member as a number: an integer, enumeration, bit field, or one of these in a wrapper such as
   * atomic_t.
   * @throws InspectError corrupt if a 64-bit value is beyond 2^53; unsupported if it is not a number
   */
  number(name: NameOf<P>): number {
    const value = readNumber(this.#view, -this.#start, this.#scalar(name));
    if (value !== undefined) return value;
    const what = `${this.type.name}.${name} at ${hex(this.#address)} is ${this.big(name)}`;
    throw new InspectError('corrupt', `${what}, which is implausible`, { address: this.#address });
  }

  /**
   * Like number(), but of any size, and also for pointers.
   * @throws InspectError unsupported if it is not a number
   */
  big(name: NameOf<P>): bigint {
    return readBig(this.#view, -this.#start, this.#scalar(name));
  }

  /** Returns a character array up to its NUL: as UTF-8 if valid, otherwise one character per byte. */
  text(name: NameOf<P>): string {
    return textOf(this.bytes(name));
  }

  /** Returns a copy of a member's bytes. */
  bytes(name: NameOf<P>): Uint8Array {
    const { offset, size } = this.#get(name).field;
    return this.#bytes.slice(offset - this.#start, offset - this.#start + size);
  }

  #scalar(name: string): Scalar {
    const { scalar } = this.#get(name);
    if (scalar) return scalar;
    throw new InspectError('unsupported', `${this.type.name}.${name} is not a number in this kernel`);
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
