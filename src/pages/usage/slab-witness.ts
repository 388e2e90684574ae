import type { Bounds } from '../../kernel/slabs/free-objects.ts';
import type { SlabCache } from '../../kernel/slabs/slab-caches.ts';
import type { SlabObjects } from '../attribution/slab-objects.ts';

/** What the struct pages of a cache's slabs say, added up: a witness beside the counters and lists of its nodes. */
export interface SlabWitness {
  readonly slabs: number;
  readonly emptySlabs: number;
  readonly objects: number;
  /** Objects that their slabs have as free. */
  readonly free: number;
  /** Slabs that are in none of these but the first. */
  readonly impossible: number;
}

/** A cache by its own counters and lists, and by its slabs. */
export interface WitnessedCache {
  readonly cache: SlabCache;
  readonly pages: number;
  /** null where the struct pages do not tell, or change meanwhile. */
  readonly witness: SlabWitness | null;
}

/** @param pages of the cache's slabs; null where there are some, and what they hold was not counted */
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

/** Objects in use by the slabs themselves, less those that CPUs and barns hold. */
export function activeBySlabs(witness: SlabWitness, { free, objectsPerSlab }: SlabCache): Bounds {
  const { held, doubt } = free;
  const inUse = witness.objects - witness.free;
  const unknown = witness.impossible * objectsPerSlab;
  return {
    least: Math.max(0, inUse - doubt.tooFew - held.most),
    most: Math.max(0, inUse + doubt.tooMany + unknown - held.least),
  };
}
