import type { Bounds } from '../../kernel/slabs/free-objects.ts';
import type { SlabCache } from '../../kernel/slabs/slab-caches.ts';
import type { SlabObjects } from '../attribution/slab-objects.ts';

/**
 * The sums over the struct pages of a cache's slabs: a second witness to the counters and lists of its nodes.
 */
export interface SlabWitness {
  readonly slabs: number;
  readonly emptySlabs: number;
  readonly objects: number;
  /** Objects that are free by the counters of their slabs. */
  readonly free: number;
  /** Slabs with impossible counters, which only `slabs` counts. */
  readonly impossible: number;
}

/** A cache by its own counters and lists, and by its slabs. */
export interface WitnessedCache {
  readonly cache: SlabCache;
  readonly pages: number;
  /** null where the struct pages do not tell, or change while they are read. */
  readonly witness: SlabWitness | null;
}

/** null where the cache has slabs whose objects were not counted. @param pages of the cache's slabs */
export function witnessOf(of: SlabObjects, cache: bigint, pages: number): SlabWitness | null {
  const slabs = of.slabs.pagesOf(cache);
  if (slabs === 0 && pages > 0) return null;
  return {
    slabs,
    emptySlabs: of.empty.pagesOf(cache),
    objects: of.objects.pagesOf(cache),
    free: of.free.pagesOf(cache),
    impossible: of.impossible.pagesOf(cache),
  };
}

/** Objects in use by the counters of the slabs, less those that CPUs and barns hold. */
export function activeBySlabs(witness: SlabWitness, { free, objectsPerSlab }: SlabCache): Bounds {
  const { held, doubt } = free;
  const inUse = witness.objects - witness.free;
  const unknown = witness.impossible * objectsPerSlab;
  return {
    least: Math.max(0, inUse - doubt.tooFew - held.most),
    most: Math.max(0, inUse + doubt.tooMany + unknown - held.least),
  };
}
