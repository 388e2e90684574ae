import { InspectError } from '../../errors.ts';
import { type Break, walkList } from '../objects/list.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type CacheIdentity, CacheReader } from './cache-reader.ts';
import { type Bounds, type FreeObjects, isInSlab } from './free-objects.ts';
import { FreeSearch } from './free-search.ts';
import type { Slab } from './slab.ts';
import { LOOKS } from './slab-chains.ts';

/** A slab cache (struct kmem_cache, mm/slub.c), with the figures from its counters and lists. */
export interface SlabCache extends Omit<CacheIdentity, 'cache'> {
  /** Virtual address of the kmem_cache. */
  readonly address: bigint;
  /** Slabs by the counters of the nodes; null in a kernel without CONFIG_SLUB_DEBUG. */
  readonly slabs: number | null;
  /** Objects by the same counters; null without them. */
  readonly objects: number | null;
  readonly free: CacheFree;
  /** Lists of slabs and of free objects that could not be followed to the end. */
  readonly broken: readonly Break[];
}

/** The free objects of a cache that were found. */
export interface CacheFree {
  /** Free in their slabs on the partial lists of nodes. */
  readonly onNodes: Bounds;
  /** Free in slabs that CPUs have taken. */
  readonly onCpus: Bounds;
  /** On freelists of CPUs, in sheaves and in barns; they count as in use in their slabs. */
  readonly held: Bounds;
  /**
   * By how much the slabs' counts of free objects may be too high or too low: sums over slabs whose counters
   * and freelist disagree.
   */
  readonly doubt: { readonly tooMany: number; readonly tooFew: number };
  /** Slabs on lists without any object in use. */
  readonly emptySlabs: number;
}

/** All slab caches, and where the list of them breaks off. */
export interface SlabCaches {
  readonly caches: readonly SlabCache[];
  readonly broken: Break | null;
  /** Caches that could not be read, and why. */
  readonly unreadable: readonly Break[];
}

/** More than any kernel has: some hundred, in old kernels also a set per memory cgroup. */
const CACHES_LIMIT = 1 << 15;
/** Limit of problems reported over all caches: nobody reads more. */
const REPORTED = 1000;

/**
 * Reads all slab caches.
 * @param looks limit of slabs and sheaves to look at, over all caches; beyond it, ACTIVE is unknown
 * @throws InspectError missingInfo without symbols or types; unsupported for another allocator (SLAB, to 6.7;
 * SLOB)
 */
export function readSlabCaches(typed: TypedKernel, looks = LOOKS): SlabCaches {
  const reader = new CacheReader(typed);
  const search = new FreeSearch(typed, null, looks);
  const { nodes, broken } = walkList(typed.space, typed.symbol('slab_caches'), CACHES_LIMIT);
  const unreadable: Break[] = [];
  const budget = { left: REPORTED };
  const caches = nodes.flatMap((node) => {
    try {
      return [cacheOf(reader.read(node - reader.listOffset), search, budget)];
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      unreadable.push({ address: node, reason: error.message });
      return [];
    }
  });
  return { caches, broken, unreadable };
}

function cacheOf(
  { cache, ...identity }: CacheIdentity,
  search: FreeSearch,
  budget: { left: number },
): SlabCache {
  const shape = { ...identity, cache };
  const sum = new FreeSum(budget);
  for (const found of search.of(shape)) sum.add(found);
  return { address: cache, ...identity, ...search.counters(shape), free: sum.free, broken: sum.broken };
}

/** Adds up free objects; a slab's objects are added only once. */
class FreeSum {
  readonly free = {
    onNodes: { least: 0, most: 0 },
    onCpus: { least: 0, most: 0 },
    held: { least: 0, most: 0 },
    doubt: { tooMany: 0, tooFew: 0 },
    emptySlabs: 0,
  };
  readonly broken: Break[] = [];
  readonly #seen = new Set<bigint>();
  readonly #budget: { left: number };

  /** @param budget how many problems may still be reported */
  constructor(budget: { left: number }) {
    this.#budget = budget;
  }

  add({ place, slab, least, most, broken }: FreeObjects): void {
    if (broken !== null) this.#report(broken);
    if (slab !== null && isInSlab(place) && this.#isKnown(slab)) return;
    const { onNodes, onCpus, held, doubt } = this.free;
    const sum = isInSlab(place) ? (place.kind === 'nodePartial' ? onNodes : onCpus) : held;
    sum.least += least;
    sum.most += most;
    if (slab === null || !isInSlab(place)) return;
    const free = slab.objects - slab.inuse;
    doubt.tooMany += free - least;
    doubt.tooFew += most - free;
  }

  #report(broken: Break): void {
    if (--this.#budget.left >= 0) this.broken.push(broken);
  }

  #isKnown({ address, inuse }: Slab): boolean {
    if (this.#seen.has(address)) {
      this.#report({ address, reason: 'the slab is on two lists' });
      return true;
    }
    this.#seen.add(address);
    if (inuse === 0) this.free.emptySlabs++;
    return false;
  }
}

/**
 * Returns the objects in use, by the counters of the nodes and the lists of free objects; null without these
 * counters.
 */
export function activeByLists({ objects, free }: Pick<SlabCache, 'objects' | 'free'>): Bounds | null {
  if (objects === null) return null;
  const { onNodes, onCpus, held } = free;
  return {
    least: Math.max(0, objects - onNodes.most - onCpus.most - held.most),
    most: objects - onNodes.least - onCpus.least - held.least,
  };
}
