import { InspectError } from '../../errors.ts';
import { type Break, walkList } from '../objects/list.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type CacheIdentity, CacheReader } from './cache-reader.ts';
import { type Bounds, type FreeObjects, isInSlab } from './free-objects.ts';
import { FreeSearch } from './free-search.ts';
import type { Slab } from './slab.ts';
import { LOOKS } from './slab-chains.ts';

/** A slab cache as SLUB keeps it (struct kmem_cache, mm/slub.c), and what it has by its counters and lists. */
export interface SlabCache extends Omit<CacheIdentity, 'cache'> {
  /** Virtual address of the kmem_cache. */
  readonly address: bigint;
  /** Slabs and objects in them by the counters of the nodes; null in a kernel without CONFIG_SLUB_DEBUG. */
  readonly slabs: number | null;
  readonly objects: number | null;
  readonly free: CacheFree;
  /** Lists of slabs and of free objects that could not be followed to their end. */
  readonly broken: readonly Break[];
}

/** The free objects of a cache that were found. */
export interface CacheFree {
  /** Those that slabs have as free: on the partial lists of nodes, and in slabs that CPUs have taken. */
  readonly onNodes: Bounds;
  readonly onCpus: Bounds;
  /** Those that CPUs and barns hold, on freelists of their own or in sheaves: their slabs have them as in use. */
  readonly held: Bounds;
  /**
   * By how much what slabs have as free may be too many, or too few: of those whose counters and freelist do not agree.
   */
  readonly doubt: { readonly tooMany: number; readonly tooFew: number };
  /** Slabs on lists of which no object is in use. */
  readonly emptySlabs: number;
}

/** All slab caches, and where the list of them breaks off. */
export interface SlabCaches {
  readonly caches: readonly SlabCache[];
  readonly broken: Break | null;
  /** Caches that could not be read, and why. */
  readonly unreadable: readonly Break[];
}

/** No kernel has as many: some hundred, and in old ones a set for each memory cgroup. */
const CACHES_LIMIT = 1 << 15;
/** What is wrong is told of all caches together this often: nobody reads more. */
const TOLD = 1000;

/**
 * Reads all slab caches.
 * @param looks how many slabs and sheaves of all of them are looked at; where there are more, ACTIVE is not known
 * @throws InspectError missingInfo without symbols or types; unsupported for another allocator (SLAB, to 6.7; SLOB)
 */
export function readSlabCaches(typed: TypedKernel, looks = LOOKS): SlabCaches {
  const reader = new CacheReader(typed);
  const search = new FreeSearch(typed, null, looks);
  const { nodes, broken } = walkList(typed.space, typed.symbol('slab_caches'), CACHES_LIMIT);
  const unreadable: Break[] = [];
  const told = { left: TOLD };
  const caches = nodes.flatMap((node) => {
    try {
      return [cacheOf(reader.read(node - reader.listOffset), search, told)];
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
  told: { left: number },
): SlabCache {
  const shape = { ...identity, cache };
  const sum = new FreeSum(told);
  for (const found of search.of(shape)) sum.add(found);
  return { address: cache, ...identity, ...search.counters(shape), free: sum.free, broken: sum.broken };
}

/** Adds up free objects, those of no slab twice. */
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
  readonly #told: { left: number };

  /** @param told how much that is wrong is still told */
  constructor(told: { left: number }) {
    this.#told = told;
  }

  add({ place, slab, least, most, broken }: FreeObjects): void {
    if (broken !== null) this.#tell(broken);
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

  #tell(broken: Break): void {
    if (--this.#told.left >= 0) this.broken.push(broken);
  }

  #isKnown({ address, inuse }: Slab): boolean {
    if (this.#seen.has(address)) {
      this.#tell({ address, reason: 'the slab is on two lists' });
      return true;
    }
    this.#seen.add(address);
    if (inuse === 0) this.free.emptySlabs++;
    return false;
  }
}

/** Objects in use by the counters of the nodes and the lists of what is free; null in a kernel without these counters. */
export function activeByLists({ objects, free }: Pick<SlabCache, 'objects' | 'free'>): Bounds | null {
  if (objects === null) return null;
  const { onNodes, onCpus, held } = free;
  return {
    least: Math.max(0, objects - onNodes.most - onCpus.most - held.most),
    most: objects - onNodes.least - onCpus.least - held.least,
  };
}
