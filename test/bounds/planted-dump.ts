import { FileSource } from '../../src/bytes/file-source.ts';
import { openKernel } from '../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../src/kernel/types/typed-kernel.ts';
import { openSource } from '../builders/open-source.ts';
import { dumpOf } from '../support/fixture.ts';
import { BASE, CONTENTS, load, withHeaders } from './elf-files.ts';
import { SparseFile } from './sparse-file.ts';

const GIB = 2 ** 30;
/** Physical start of the planted memory, after the dump's own, with its direct map in the same table. */
const PLANTED = 64 * GIB;
/** Bits of an entry that maps a 1 GiB page: present, writable, accessed, dirty, PSE. */
const LARGE_PAGE = 0xe3n;

/** The offset and size of a member of a structure, in bytes. */
interface Planted {
  readonly offset: number;
  readonly size: number;
}

/**
 * A real dump with more memory than its machine had. The kernel's page tables map it, and tests fill it with
 * false objects.
 */
export class PlantedDump {
  readonly typed: TypedKernel;
  readonly #file: SparseFile;
  readonly #base: bigint;
  readonly #loads: readonly { readonly physical: number; readonly offset: number; readonly size: number }[];

  /** @param gib of additional memory; only what is written uses disk space */
  constructor(path: string, gib: number) {
    const image = openSource(new FileSource(dumpOf(BASE)));
    this.typed = new TypedKernel(openKernel(image));
    this.#loads = [...image.segments].flatMap(({ physical, offset, fileSize }) =>
      physical === null ? [] : [{ physical, offset: Number(offset), size: Number(fileSize) }],
    );
    withHeaders(path, 1, () => load(CONTENTS, PLANTED, gib * GIB));
    this.#file = new SparseFile(path);
    this.#file.put(CONTENTS + gib * GIB - 1, Uint8Array.of(0));
    this.#base = this.#map(gib);
  }

  /** Virtual address of a byte of the planted memory. */
  at(offset: number): bigint {
    return this.#base + BigInt(offset);
  }

  /** Physical address of a byte of the planted memory. */
  physical(offset: number): number {
    return PLANTED + offset;
  }

  /** Writes a word to the dump's own memory. */
  putPhysical(physical: number, value: bigint): void {
    this.#file.put(this.#inFile(physical), new Uint8Array(BigUint64Array.of(value).buffer));
  }

  /** Writes to any memory of the dump, by virtual address. */
  put(address: bigint, bytes: Uint8Array): void {
    this.#file.put(this.#offsetOf(address), bytes);
  }

  put64(address: bigint, ...values: bigint[]): void {
    this.put(address, new Uint8Array(BigUint64Array.from(values).buffer));
  }

  put32(address: bigint, value: number): void {
    this.put(address, new Uint8Array(Uint32Array.of(value).buffer));
  }

  /** Writes many objects of one size, from an offset of the planted memory on. */
  table(offset: number, count: number, size: number, write: (entry: DataView, index: number) => void): void {
    this.#file.table(CONTENTS + offset, count, size, write);
  }

  /** Offset and size of a member of a structure. */
  place(struct: string, ...names: string[]): Planted {
    return this.typed.types.struct(struct).field(...(names as [string, ...string[]]));
  }

  close(): void {
    this.#file.close();
    this.typed.kernel.image.close();
  }

  /** Maps the planted memory with 1 GiB pages, like the direct map. Returns its virtual start. */
  #map(gib: number): bigint {
    const { space } = this.typed.kernel;
    const begin = this.typed.space.u64(this.typed.symbol('page_offset_base')) + BigInt(PLANTED);
    for (let n = 0; n < gib; n++) {
      const last = space.walk(begin + BigInt(n * GIB)).steps.at(-1);
      if (last?.level.shift !== 30) throw new Error('the direct map of this dump has no table for it');
      this.putPhysical(last.table + last.index * 8, BigInt(PLANTED + n * GIB) | LARGE_PAGE);
    }
    return begin;
  }

  #offsetOf(address: bigint): number {
    if (address >= this.#base) {
      const offset = Number(address - this.#base);
      if (offset < 2 ** 40) return CONTENTS + offset;
    }
    return this.#inFile(this.typed.space.translate(address));
  }

  #inFile(physical: number): number {
    const load = this.#loads.find((one) => physical >= one.physical && physical < one.physical + one.size);
    if (load === undefined) throw new Error('the dump has no such memory');
    return load.offset + physical - load.physical;
  }
}

/**
 * The least distance between objects, in bytes, at which their members do not collide although the objects
 * overlap: an object then takes less of the file than of memory.
 */
export function strideOf(members: readonly Planted[]): number {
  for (let stride = 64; ; stride += 8) {
    const taken = new Uint8Array(stride);
    const fits = members.every(({ offset, size }) => {
      for (let n = 0; n < size; n++) {
        const at = (offset + n) % stride;
        if (taken[at] === 1) return false;
        taken[at] = 1;
      }
      return true;
    });
    if (fits) return stride;
  }
}
