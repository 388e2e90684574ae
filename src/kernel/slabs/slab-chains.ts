import type { TypedKernel } from '../types/typed-kernel.ts';
import { type FreeObjects, type FreePlace, freeInSlab, freeOnCpu, lostObjects } from './free-objects.ts';
import { FreelistReader } from './freelist.ts';
import { type Slab, SlabReader, type SlabShape } from './slab.ts';

/** Limit of freelists followed, over all slabs: beyond it only the counters are used. */
const FOLLOWED = 1 << 17;
/**
 * Limit of CPUs, slabs and sheaves to look at, over all caches: 4,096 CPUs with 300 caches are 1.2 million.
 */
export const LOOKS = 1 << 21;

/** Shared by all searches for free objects: the readers, and what is left of the limits. */
export class SlabChains {
  readonly typed: TypedKernel;
  readonly slabs: SlabReader;
  readonly #freelists: FreelistReader;
  /** Whether the memory does not change, so that two witnesses of it must agree. */
  readonly #still: boolean;
  readonly #only: bigint | null;
  #left = FOLLOWED;
  #looks: number;

  /**
   * @param only the only slab whose freelist is followed; null for all, except in a running kernel
   * @param looks limit of CPUs, slabs and sheaves to look at
   * @throws InspectError as SlabReader does
   */
  constructor(typed: TypedKernel, only: bigint | null, looks = LOOKS) {
    this.#looks = looks;
    this.#only = only;
    this.typed = typed;
    this.slabs = new SlabReader(typed);
    this.#still = !typed.space.live;
    this.#freelists = new FreelistReader(typed.space);
  }

  /** Counts something that is looked at; returns false beyond the limit. */
  look(): boolean {
    return --this.#looks >= 0;
  }

  /** Whether the limit was exceeded, so that something is missing. */
  get spent(): boolean {
    return this.#looks < 0;
  }

  /** Returns the free objects in a slab itself. */
  ofSlab(place: FreePlace, slab: Slab, shape: SlabShape): FreeObjects {
    if (!this.#follows(slab)) {
      const free = slab.objects - slab.inuse;
      return { place, slab, objects: [], least: free, most: free, broken: null };
    }
    return freeInSlab(place, slab, this.#freelists.read(slab.freelist, slab, shape));
  }

  #follows(slab: Slab): boolean {
    if (this.#only !== null) return slab.address === this.#only;
    return this.#still && this.#left-- > 0;
  }

  /** Returns the objects on a CPU's freelist. @param first the first of them */
  ofCpu(place: FreePlace, first: bigint, slab: Slab, shape: SlabShape): FreeObjects {
    const list = this.#freelists.read(first, slab, shape);
    return freeOnCpu(place, slab, this.#still ? list : { ...list, wrong: null });
  }

  /** Returns the slab at an address taken from a list, or what is lost if there is none. */
  slabOn(place: FreePlace, address: bigint, shape: SlabShape): Slab | FreeObjects {
    const slab = this.slabs.read(address, shape);
    if (typeof slab !== 'string') return slab;
    return lostObjects(place, shape.objectsPerSlab, { address, reason: slab });
  }

  /** Whether an address belongs to an object in a slab of the cache; true beyond the limit of checks. */
  isObject(address: bigint, shape: SlabShape): boolean {
    return !this.#still || this.#left-- <= 0 || this.slabs.isObject(address, shape);
  }
}
