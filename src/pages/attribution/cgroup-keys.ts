import type { StructType } from '../../kernel/types/struct-type.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { slabCounterWord } from './slab-objects.ts';

/** Where a struct page says which cgroup its page is charged to. Words are those of a head's struct page. */
export interface CgroupKeys {
  /** The lower half of the pointer to a mem_cgroup or obj_cgroup; its low bits are flags. */
  readonly word: number;
  /** null if a slab does not say which cgroups its objects are charged to. */
  readonly slab: SlabCgroupKeys | null;
}

/**
 * The vector of a slab, which has the obj_cgroup of each object: pointers (page.obj_cgroups in 5.9 and 5.10,
 * page.memcg_data and slab.memcg_data in 5.11 to 6.9), or structures with such a pointer (slab.obj_exts since
 * 6.10, 21c690a349ba).
 */
export interface SlabCgroupKeys {
  /** The lower half of the pointer to the vector; its low bits are flags. */
  readonly vector: number;
  /** Bytes from one entry to the next, and to the pointer in an entry. */
  readonly entry: number;
  readonly pointer: number;
  /**
   * Since 7.0 entries may lie in the objects themselves: the word and bits that tell it (7.3), or the word with
   * the distance of entries (7.0 to 7.2); -1 for none.
   */
  readonly inObject: { readonly word: number; readonly mask: number };
  readonly stride: number;
  /** The lower half of the pointer to the kmem_cache, and the slab's counters of objects. */
  readonly cache: number;
  readonly counters: number;
  /** Bytes from the kmem_cache to its size, which is an unsigned int. */
  readonly cacheSize: number;
}

/** Flags of pointers: enum page_memcg_data_flags, and objext_flags. Their objects are aligned to 8 bytes. */
export const CGROUP_POINTER_MASK = ~7;

/** Returns null for a kernel whose struct pages name no cgroup. @throws InspectError missingInfo */
export function cgroupKeys(typed: TypedKernel): CgroupKeys | null {
  const { types } = typed;
  // A member of the folio alone would lie at the same offset, in the struct page of its head.
  const at =
    types.struct('page').find('memcg_data', 'mem_cgroup') ?? types.findStruct('folio')?.find('memcg_data');
  return at ? { word: at.offset / 4, slab: slabCgroupKeys(typed) } : null;
}

function slabCgroupKeys(typed: TypedKernel): SlabCgroupKeys | null {
  const { types } = typed;
  const slab = types.findStruct('slab') ?? types.struct('page');
  const vector = slab.find('obj_exts', 'memcg_data', 'obj_cgroups');
  const entry = slab.has('obj_exts') ? extension(types.findStruct('slabobj_ext')) : { size: 8, pointer: 0 };
  const counters = slabCounterWord(typed);
  const size = types.struct('kmem_cache').find('size');
  if (!vector || !entry || !size || counters < 0) return null;
  return {
    vector: vector.offset / 4,
    entry: entry.size,
    pointer: entry.pointer,
    ...distances(slab),
    cache: slab.offsetOf('slab_cache') / 4,
    counters,
    cacheSize: size.offset,
  };
}

/**
 * struct slabobj_ext. Where its pointer shares its place with the tag of memory profiling, the number of entries
 * per object depends on more than the types say.
 */
function extension(type: StructType | undefined): { size: number; pointer: number } | null {
  const pointer = type?.find('objcg', '_objcg');
  return !type || !pointer || type.has('_ctref') ? null : { size: type.size, pointer: pointer.offset };
}

function distances(slab: StructType): Pick<SlabCgroupKeys, 'inObject' | 'stride'> {
  const bit = slab.find('obj_exts_in_object');
  const stride = slab.find('stride');
  return {
    inObject: bit
      ? { word: Math.floor(bit.bitOffset / 32), mask: 1 << (bit.bitOffset % 32) }
      : { word: 0, mask: 0 },
    stride: stride ? stride.offset / 4 : -1,
  };
}
