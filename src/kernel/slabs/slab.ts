import { hex } from '../../bytes/hex.ts';
import { PageAddresses } from '../page-addresses.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import type { StructReader } from '../types/struct-reader.ts';

/** What of a slab cache decides where objects lie in its slabs, and free ones in their freelists. */
export interface SlabShape {
  /** Virtual address of the kmem_cache. */
  readonly cache: bigint;
  /** Bytes from one object to the next, and before the first (red_left_pad, with debugging alone). */
  readonly size: number;
  readonly pad: number;
  /** Of a slab as the cache wants it; one made when memory was short has fewer. */
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  /** Pages of a slab made when memory was short. */
  readonly leastPages: number;
  /** Bytes from an object to its free pointer, and what this is obfuscated with; null for a plain one. */
  readonly freePointerAt: number;
  readonly random: bigint | null;
}

/** A slab as its struct page has it: struct slab since 5.17 (d122019bf061), struct page before. */
export interface Slab {
  /** Virtual address of the struct. */
  readonly address: bigint;
  /** Virtual address of its first byte. */
  readonly begin: bigint;
  readonly objects: number;
  /** Objects that are not free in the slab itself: those of a CPU's own freelist count, too. */
  readonly inuse: number;
  /** The first free object in the slab itself; 0 for none. */
  readonly freelist: bigint;
  /** The next one on a CPU's partial list; 0 for none. */
  readonly next: bigint;
}

/** Reads slabs by the addresses of their structs. */
export class SlabReader {
  readonly addresses: PageAddresses;
  /** Bytes from the struct to its list_head. */
  readonly listOffset: bigint;
  readonly #slab: StructReader<'slab_cache' | 'objects' | 'inuse' | 'freelist' | 'next?'>;

  /** @throws InspectError missingInfo; as PageAddresses does */
  constructor(typed: TypedKernel) {
    const name = typed.types.findStruct('slab') ? 'slab' : 'page';
    this.addresses = new PageAddresses(typed);
    this.#slab = typed.reader(name, 'slab_cache', 'objects', 'inuse', 'freelist', 'next?');
    this.listOffset = BigInt(this.#slab.type.offsetOf('slab_list'));
  }

  /** The slab of a cache at an address, or why there is none. */
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

  /** The slab that an object of a cache lies in; undefined for an address of none. Slabs are aligned to their size. */
  holding(object: bigint, shape: SlabShape): Slab | undefined {
    const pfn = this.addresses.pfnOfDirect(object);
    for (const pages of new Set([shape.pagesPerSlab, shape.leastPages])) {
      const first = this.addresses.structPageOf(pfn - (pfn % pages));
      const slab = first === null ? '' : this.read(first, shape);
      if (typeof slab === 'object' && indexOf(object, slab, shape) !== undefined) return slab;
    }
    return undefined;
  }
}

/** Which object of a slab begins at an address; undefined for none. */
export function indexOf(address: bigint, { begin, objects }: Slab, shape: SlabShape): number | undefined {
  const index = (Number(address - begin) - shape.pad) / shape.size;
  return Number.isInteger(index) && index >= 0 && index < objects ? index : undefined;
}
