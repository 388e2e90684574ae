import { InspectError } from '../../errors.ts';
import type { AddressSpace } from '../../kernel/paging/address-space.ts';
import { CGROUP_POINTER_MASK, type SlabCgroupKeys } from './cgroup-keys.ts';
import { type OwnerCounts, OwnerTable } from './owner-table.ts';

const OBJECTS_SHIFT = 16;
const OBJECTS_MASK = 0x7fff;
/** No slab is larger than the largest block of the page allocator (MAX_PAGE_ORDER), 4 MiB. */
const SLAB_LIMIT = 1 << 22;
/** Caches whose object size is kept: a kernel has some hundred. */
const CACHES_KEPT = 1 << 12;
/** An object is charged with the pointer to its obj_cgroup, too (obj_full_size, since 5.9). */
const POINTER = 8;

/** What is needed of the kernel's memory. */
type Memory = Pick<AddressSpace, 'u32' | 'read'>;

/** What SlabCharges has found, as plain data. */
export interface SlabChargeCounts {
  /** By address of the obj_cgroup. */
  readonly bytes: OwnerCounts;
  /** Slabs whose vector or cache cannot be read, or cannot be one. */
  readonly unread: number;
}

/** The bytes that the objects of slabs charge to obj_cgroups. */
export class SlabCharges {
  readonly #bytes = new OwnerTable();
  #unread = 0;
  readonly #space: Memory;
  readonly #keys: SlabCgroupKeys;
  /** Bytes from one object to the next, by address of the kmem_cache. */
  readonly #sizes = new Map<bigint, number>();
  /** The vector of the last slab, as 32-bit words. */
  #vector = new Uint32Array(1024);

  constructor(space: Memory, keys: SlabCgroupKeys) {
    this.#space = space;
    this.#keys = keys;
  }

  get counts(): SlabChargeCounts {
    return { bytes: this.#bytes.counts, unread: this.#unread };
  }

  /** Adds the objects of a slab. The struct page of its head is at word `i`. */
  add(w: Int32Array, i: number): void {
    const { vector, counters, cache } = this.#keys;
    const at = pointerAt(w, i + vector);
    if (at === 0n) return;
    const objects = ((w[i + counters] as number) >>> OBJECTS_SHIFT) & OBJECTS_MASK;
    try {
      const size = this.#sizeOf(pointerAt(w, i + cache));
      const step = this.#distance(w, i, size);
      if (!this.#read(at, objects, step) || !this.#addAll(objects, step, size + POINTER)) this.#unread++;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      this.#unread++;
    }
  }

  /** @throws InspectError */
  #sizeOf(cache: bigint): number {
    const known = this.#sizes.get(cache);
    if (known !== undefined) return known;
    const size = this.#space.u32(cache + BigInt(this.#keys.cacheSize));
    if (this.#sizes.size < CACHES_KEPT) this.#sizes.set(cache, size);
    return size;
  }

  /** Bytes from the entry of one object to that of the next. */
  #distance(w: Int32Array, i: number, size: number): number {
    const { inObject, stride, entry } = this.#keys;
    if (stride >= 0) return (w[i + stride] as number) >>> 0;
    return ((w[i + inObject.word] as number) & inObject.mask) === 0 ? entry : size;
  }

  /** Reads the entries; false if there cannot be such a vector. @throws InspectError */
  #read(at: bigint, objects: number, step: number): boolean {
    const { entry, pointer } = this.#keys;
    const length = (objects - 1) * step + entry;
    if (objects === 0 || step % 4 !== 0 || step < entry || length > SLAB_LIMIT) return false;
    if (this.#vector.byteLength < length) this.#vector = new Uint32Array(Math.ceil(length / 4));
    this.#space.read(at, new Uint8Array(this.#vector.buffer, 0, length));
    return pointer % 4 === 0;
  }

  /** Adds each object that is charged; false, and nothing added, if an entry is not a pointer of the kernel. */
  #addAll(objects: number, step: number, bytes: number): boolean {
    const vector = this.#vector;
    const first = this.#keys.pointer / 4;
    const end = first + (objects * step) / 4;
    for (let at = first; at < end; at += step / 4) {
      const [low, high] = [vector[at] as number, vector[at + 1] as number];
      if ((low | high) !== 0 && (high >>> 24 !== 0xff || (low & 7) !== 0)) return false;
    }
    for (let at = first; at < end; at += step / 4) {
      const high = vector[at + 1] as number;
      if (high !== 0) this.#bytes.add(vector[at] as number, high, bytes);
    }
    return true;
  }
}

function pointerAt(w: Int32Array, word: number): bigint {
  const low = ((w[word] as number) & CGROUP_POINTER_MASK) >>> 0;
  return (BigInt((w[word + 1] as number) >>> 0) << 32n) | BigInt(low);
}

export function addSlabCharges(a: SlabChargeCounts, b: SlabChargeCounts): SlabChargeCounts {
  const both = OwnerTable.of(a.bytes);
  both.addAll(b.bytes);
  return { bytes: both.counts, unread: a.unread + b.unread };
}
