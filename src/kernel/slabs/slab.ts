import { hex } from '../../hex.ts';
import { PageAddresses } from '../objects/page-addresses.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** What determines where objects lie in the slabs of a cache, and how they are linked in freelists. */
export interface SlabShape {
  /** Virtual address of the kmem_cache. */
  readonly cache: bigint;
  /** Bytes from one object to the next. */
  readonly size: number;
  /** Bytes before the first object (red_left_pad, only with debugging). */
  readonly pad: number;
  /** In a slab of normal size; one allocated when memory was short has fewer. */
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  /** Pages of a slab allocated when memory was short. */
  readonly leastPages: number;
  /** Bytes from an object to its free pointer. */
  readonly freePointerAt: number;
  /** What the free pointer is obfuscated with; null if it is not. */
  readonly random: bigint | null;
}

/** A slab, from its struct: struct slab since 5.17 (d122019bf061), struct page before. */
export interface Slab {
  /** Virtual address of the struct. */
  readonly address: bigint;
  /** Virtual address of its first byte. */
  readonly begin: bigint;
  readonly objects: number;
  /** Objects that are not free in the slab itself, including those on a CPU's own freelist. */
  readonly inuse: number;
  /** The first free object in the slab itself; 0 for none. */
  readonly freelist: bigint;
  /** The next slab on a CPU's partial list; 0 for none. */
  readonly next: bigint;
}

/** Reads slabs by the address of their struct. */
export class SlabReader {
  readonly addresses: PageAddresses;
  /** Bytes from the struct to its list_head. */
  readonly listOffset: bigint;
  /** Look-ups for the last cache, by the pfn of the slab's first page: a slab has many objects. */
  #known = { cache: 0n, slabs: new Map<number, Slab | string>() };
  readonly #slab: StructReader<'slab_cache' | 'objects' | 'inuse' | 'freelist' | 'next?'>;

  /** @throws InspectError missingInfo; as PageAddresses does */
  constructor(typed: TypedKernel) {
    const name = typed.types.findStruct('slab') ? 'slab' : 'page';
    this.addresses = new PageAddresses(typed);
    this.#slab = typed.reader(name, 'slab_cache', 'objects', 'inuse', 'freelist', 'next?');
    this.listOffset = BigInt(this.#slab.type.offsetOf('slab_list'));
  }

  /** Returns the slab of a cache at an address, or why there is none. */
  read(address: bigint, shape: SlabShape): Slab | string {
    const pfn = this.addresses.pfnOf(address);
    if (pfn === null) return `${hex(address)} is not the address of a struct page`;
    const s = this.#slab.load(address);
    const [objects, inuse] = [s.number('objects'), s.number('inuse')];
    if (s.big('slab_cache') !== shape.cache) return `${hex(address)} is not a slab of this cache`;
    if (objects === 0 || objects > shape.objectsPerSlab || inuse > objects)
      return `the slab ${hex(address)} cannot have ${inuse} of ${objects} objects in use`;
    return {
      address,
      begin: this.addresses.directOf(pfn),
      objects,
      inuse,
      freelist: s.big('freelist'),
      next: s.has('next') ? s.big('next') : 0n,
    };
  }

  /** Whether an object of a cache begins at an address. Slabs are aligned to their size. */
  isObject(address: bigint, shape: SlabShape): boolean {
    const pfn = this.addresses.pfnOfDirect(address);
    if (this.#isIn(address, pfn - (pfn % shape.pagesPerSlab), shape)) return true;
    return (
      shape.leastPages < shape.pagesPerSlab && this.#isIn(address, pfn - (pfn % shape.leastPages), shape)
    );
  }

  #isIn(address: bigint, first: number, shape: SlabShape): boolean {
    if (this.#known.cache !== shape.cache) this.#known = { cache: shape.cache, slabs: new Map() };
    let slab = this.#known.slabs.get(first);
    if (slab === undefined) {
      const struct = this.addresses.structPageOf(first);
      slab = struct === null ? 'not in the memory map' : this.read(struct, shape);
      this.#known.slabs.set(first, slab);
    }
    return typeof slab === 'object' && indexOf(address, slab, shape) !== undefined;
  }
}

/** Returns the index of the object of a slab that begins at an address; undefined for none. */
export function indexOf(address: bigint, { begin, objects }: Slab, shape: SlabShape): number | undefined {
  const index = (Number(address - begin) - shape.pad) / shape.size;
  return Number.isInteger(index) && index >= 0 && index < objects ? index : undefined;
}
