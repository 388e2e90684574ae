import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import type { StructReader } from '../types/struct-reader.ts';
import { readString } from './c-string.ts';
import { type Break, walkList } from './list.ts';

/** A slab cache as SLUB keeps it (struct kmem_cache, mm/slub.c), and what /proc/slabinfo says of it. */
export interface SlabCache {
  /** Virtual address of the kmem_cache. */
  readonly address: bigint;
  /** Of the cache that was made first: caches of like objects are merged under its name (kmem_cache.refcount counts). */
  readonly name: string;
  /** Bytes that a user of the cache gets, and bytes that an object takes. */
  readonly objectSize: number;
  readonly size: number;
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  /** Slabs and objects in them by the counters of the nodes; null in a kernel without CONFIG_SLUB_DEBUG. */
  readonly slabs: number | null;
  readonly objects: number | null;
  /**
   * Objects in use, as the kernel counts them: all but the free ones of slabs on the nodes' partial lists. Free objects
   * that CPUs hold back count as used.
   */
  readonly active: number | null;
  /** How many caches share this one. */
  readonly aliases: number;
  /** Partial lists that could not be followed to their end. */
  readonly broken: readonly Break[];
}

/** All slab caches, and where the list of them breaks off. */
export interface SlabCaches {
  readonly caches: readonly SlabCache[];
  readonly broken: Break | null;
  /** Caches that could not be read, and why. */
  readonly unreadable: readonly Break[];
}

/** No kernel has as many: some hundred, and in old ones a set for each memory cgroup. */
const CACHES_LIMIT = 1 << 20;
/** MAX_NUMNODES is at most 1 << 10 on x86_64 (NODES_SHIFT, arch/x86/Kconfig) */
const NODES_LIMIT = 1 << 10;
/** kmem_cache_order_objects.x: the order above OO_SHIFT, below it the objects (mm/slub.c) */
const OO_SHIFT = 16;
const OO_MASK = (1 << OO_SHIFT) - 1;
/** An order of 10 is the largest that the buddy allocator has by default. */
const ORDER_LIMIT = 16;

/**
 * Reads all slab caches.
 * @throws InspectError missingInfo without symbols or types; unsupported for another allocator (SLAB, to 6.7; SLOB)
 */
export function readSlabCaches(typed: TypedKernel): SlabCaches {
  const reader = new CacheReader(typed);
  const { nodes, broken } = walkList(typed.space, typed.symbol('slab_caches'), CACHES_LIMIT);
  const unreadable: Break[] = [];
  const caches = nodes.flatMap((node) => {
    try {
      return [reader.read(node - reader.listOffset)];
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      unreadable.push({ address: node, reason: error.message });
      return [];
    }
  });
  return { caches, broken, unreadable };
}

class CacheReader {
  readonly listOffset: bigint;
  readonly #typed: TypedKernel;
  readonly #cache;
  readonly #counters: NodeCounters | undefined;
  readonly #nodesAt: { readonly offset: number; readonly stride: number; readonly count: number };

  constructor(typed: TypedKernel) {
    const type = typed.types.struct('kmem_cache');
    if (!type.has('oo')) {
      throw new InspectError(
        'unsupported',
        'the slab caches of this kernel are not SLUB’s, the only allocator since 6.8',
      );
    }
    this.#typed = typed;
    this.#cache = typed.reader('kmem_cache', 'size', 'object_size', 'oo.x', 'name', 'refcount');
    this.listOffset = BigInt(type.offsetOf('list'));
    this.#counters = typed.types.struct('kmem_cache_node').has('nr_slabs')
      ? new NodeCounters(typed)
      : undefined;
    this.#nodesAt = nodePointers(typed);
  }

  read(address: bigint): SlabCache {
    const c = this.#cache.load(address);
    const oo = c.number('oo.x');
    const order = oo >>> OO_SHIFT;
    if (order > ORDER_LIMIT) {
      throw new InspectError('corrupt', `a slab of order ${order} is none`, { address });
    }
    return {
      address,
      name: readString(this.#typed.space, c.big('name')),
      objectSize: c.number('object_size'),
      size: c.number('size'),
      objectsPerSlab: oo & OO_MASK,
      pagesPerSlab: 2 ** order,
      aliases: c.number('refcount'),
      ...this.#ofNodes(address),
    };
  }

  #ofNodes(address: bigint): Pick<SlabCache, 'slabs' | 'objects' | 'active' | 'broken'> {
    if (!this.#counters) return { slabs: null, objects: null, active: null, broken: [] };
    const sum = { slabs: 0, objects: 0, free: 0, broken: [] as Break[] };
    for (const node of this.#nodes(address)) {
      const n = this.#counters.read(node);
      sum.slabs += n.slabs;
      sum.objects += n.objects;
      sum.free += n.free;
      if (n.broken) sum.broken.push(n.broken);
    }
    const { slabs, objects, free, broken } = sum;
    return { slabs, objects, active: broken.length > 0 ? null : objects - free, broken };
  }

  /** Addresses of the cache's kmem_cache_node, for the nodes that have one. */
  #nodes(address: bigint): bigint[] {
    const { offset, stride, count } = this.#nodesAt;
    const bytes = this.#typed.space.bytes(address + BigInt(offset), stride * (count - 1) + 8);
    const view = new DataView(bytes.buffer);
    return Array.from({ length: count }, (_, i) => view.getBigUint64(i * stride, true)).filter((p) => p);
  }
}

/**
 * kmem_cache.node[], or per_node[].node beside the node's barn of sheaves (7.x). The array is as long as nr_node_ids, not
 * as its type says.
 */
function nodePointers(typed: TypedKernel): { offset: number; stride: number; count: number } {
  const type = typed.types.struct('kmem_cache');
  const [first, second] = type.has('node[0]')
    ? ['node[0]', 'node[1]']
    : ['per_node[0].node', 'per_node[1].node'];
  const offset = type.offsetOf(first as string);
  const stride = (type.find(second as string)?.offset ?? offset + 8) - offset;
  const ids = typed.findSymbol('nr_node_ids');
  const count = ids === undefined ? 1 : typed.space.u32(ids);
  if (stride < 8)
    throw new InspectError('corrupt', `BTF: the elements of kmem_cache.${first} have ${stride} bytes`);
  if (count >= 1 && count <= NODES_LIMIT) return { offset, stride, count };
  throw new InspectError('corrupt', `nr_node_ids is ${count}, no number of nodes`);
}

/** The counters of kmem_cache_node, and the slabs on its partial list: struct slab since 5.17 (d122019bf061), page before. */
class NodeCounters {
  readonly #typed: TypedKernel;
  readonly #node: StructReader<'nr_slabs' | 'total_objects' | 'partial'>;
  readonly #slab: StructReader<'objects' | 'inuse'>;
  readonly #slabList: bigint;

  constructor(typed: TypedKernel) {
    const slab = typed.types.findStruct('slab') ? 'slab' : 'page';
    this.#typed = typed;
    this.#node = typed.reader('kmem_cache_node', 'nr_slabs', 'total_objects', 'partial');
    this.#slab = typed.reader(slab, 'objects', 'inuse');
    this.#slabList = BigInt(typed.types.struct(slab).offsetOf('slab_list'));
  }

  read(address: bigint): { slabs: number; objects: number; free: number; broken: Break | null } {
    const n = this.#node.load(address);
    const { nodes, broken } = walkList(this.#typed.space, n.addressOf('partial'));
    let free = 0;
    for (const node of nodes) {
      const s = this.#slab.load(node - this.#slabList);
      free += s.number('objects') - s.number('inuse');
    }
    return { slabs: n.number('nr_slabs'), objects: n.number('total_objects'), free, broken };
  }
}
