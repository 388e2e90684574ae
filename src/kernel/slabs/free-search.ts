import type { TypedKernel } from '../types/typed-kernel.ts';
import { type CacheNode, CacheNodes } from './cache-nodes.ts';
import { CpuSlabs } from './cpu-slabs.ts';
import { type FreeObjects, lostObjects } from './free-objects.ts';
import { NodePartial, type SlabNodeCounters } from './node-partial.ts';
import { Sheaves } from './sheaves.ts';
import type { SlabShape } from './slab.ts';
import { LOOKS, SlabChains } from './slab-chains.ts';

/** Finds the free objects of slab caches, in all places where a kernel keeps them. */
export class FreeSearch {
  readonly #nodes: CacheNodes;
  readonly #partial: NodePartial;
  readonly #chains: SlabChains;
  readonly #cpus: CpuSlabs | undefined;
  readonly #sheaves: Sheaves | undefined;

  /**
   * @param only the address of a slab's struct, if only its own objects are wanted
   * @param looks as for SlabChains
   * @throws InspectError missingInfo or corrupt if the types do not show where these places are
   */
  constructor(typed: TypedKernel, only: bigint | null = null, looks = LOOKS) {
    this.#nodes = new CacheNodes(typed);
    this.#partial = new NodePartial(typed);
    this.#chains = new SlabChains(typed, only, looks);
    this.#cpus = CpuSlabs.of(typed);
    this.#sheaves = Sheaves.of(typed);
  }

  /**
   * Returns the sums of the nodes' counters; null in a kernel without them.
   * @throws InspectError notMapped or notStored
   */
  counters({ cache }: SlabShape): SlabNodeCounters {
    const all = this.#nodesOf(cache).map(({ node }) => this.#partial.counters(node));
    const sum = (of: keyof SlabNodeCounters) =>
      all.reduce<number | null>(
        (left, node) => (left === null || node[of] === null ? null : left + node[of]),
        0,
      );
    return { slabs: sum('slabs'), objects: sum('objects') };
  }

  /**
   * Yields the free objects of a cache. The lists of all caches share a limit; what is beyond it is lost.
   * @throws InspectError notMapped or notStored
   */
  *of(shape: SlabShape): Generator<FreeObjects> {
    for (const found of this.#unbounded(shape)) {
      if (this.#chains.look()) yield found;
      else break;
    }
    if (this.#chains.spent) yield notLookedAt(shape);
  }

  *#unbounded(shape: SlabShape): Generator<FreeObjects> {
    const chains = this.#chains;
    if (chains.spent) return;
    for (const { id, node } of this.#nodesOf(shape.cache)) {
      yield* this.#partial.freeObjects(chains, id, node, shape);
    }
    if (this.#cpus) yield* this.#cpus.freeObjects(chains, shape);
    if (this.#sheaves) yield* this.#sheaves.freeObjects(chains, shape, this.#nodes.of(shape.cache));
  }

  /** Returns the CPU that is freeing an object, which waits for RCU; undefined for none. */
  cpuFreeing(object: bigint, shape: SlabShape): number | undefined {
    return this.#sheaves?.cpuFreeing(object, this.#chains, shape);
  }

  #nodesOf(cache: bigint): CacheNode[] {
    return this.#nodes.of(cache).filter(({ node }) => node !== 0n);
  }
}

function notLookedAt({ cache, objectsPerSlab }: SlabShape): FreeObjects {
  const reason = 'the slabs and sheaves of all caches exceed the limit';
  return lostObjects({ kind: 'nodePartial', node: 0 }, LOOKS * objectsPerSlab, { address: cache, reason });
}
