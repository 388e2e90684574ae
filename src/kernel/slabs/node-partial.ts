import { isCut, walkList } from '../objects/list.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type FreeObjects, lostObjects } from './free-objects.ts';
import type { SlabShape } from './slab.ts';
import type { SlabChains } from './slab-chains.ts';

/** Limit of slabs on all partial lists together: each takes some 100 bytes while its list is walked. */
const SLABS_LIMIT = 1 << 20;

/** The counters of a kmem_cache_node; null in a kernel without CONFIG_SLUB_DEBUG. */
export interface SlabNodeCounters {
  readonly slabs: number | null;
  readonly objects: number | null;
}

/** Reads kmem_cache_node: its counters, and the slabs on its partial list. */
export class NodePartial {
  readonly #typed: TypedKernel;
  readonly #node: StructReader<'nr_slabs?' | 'total_objects?' | 'nr_partial' | 'partial'>;
  #left = SLABS_LIMIT;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#node = typed.reader('kmem_cache_node', 'nr_slabs?', 'total_objects?', 'nr_partial', 'partial');
  }

  /** @throws InspectError notMapped, notStored or corrupt */
  counters(node: bigint): SlabNodeCounters {
    const n = this.#node.load(node);
    return {
      slabs: n.has('nr_slabs') ? n.number('nr_slabs') : null,
      objects: n.has('total_objects') ? n.number('total_objects') : null,
    };
  }

  /** Yields the free objects of slabs on the partial list, whose length is checked against nr_partial. */
  *freeObjects(chains: SlabChains, id: number, node: bigint, shape: SlabShape): Generator<FreeObjects> {
    const place = { kind: 'nodePartial', node: id } as const;
    const n = this.#node.load(node);
    const expected = { name: 'nr_partial', count: n.number('nr_partial') };
    const { nodes, broken } = walkList(this.#typed.space, n.addressOf('partial'), this.#left, expected);
    this.#left -= nodes.length;
    if (broken !== null) {
      // Each missing slab may have any number of free objects.
      const missing = isCut(broken) ? Math.max(1, expected.count - nodes.length) : 0;
      yield lostObjects(place, missing * shape.objectsPerSlab, broken);
    }
    for (const entry of nodes) {
      const slab = chains.slabOn(place, entry - chains.slabs.listOffset, shape);
      yield 'place' in slab ? slab : chains.ofSlab(place, slab, shape);
    }
  }
}
