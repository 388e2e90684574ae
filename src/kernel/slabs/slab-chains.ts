import type { TypedKernel } from '../types/typed-kernel.ts';
import { type FreeObjects, type FreePlace, freeInSlab, freeOnCpu, lostObjects } from './free-objects.ts';
import { FreelistReader } from './freelist.ts';
import { type Slab, SlabReader, type SlabShape } from './slab.ts';

/** Freelists of slabs that are followed in all: of what is beyond that the counters alone are asked. */
const FOLLOWED = 1 << 17;
/** CPUs, slabs and sheaves that are looked at in all, over all caches: 4,096 CPUs with 300 caches are 1.2 million. */
export const LOOKS = 1 << 21;

/** What is shared by all who look for free objects in slabs: the readers, and how much they may still do. */
export class SlabChains {
  readonly typed: TypedKernel;
  readonly slabs: SlabReader;
  readonly #freelists: FreelistReader;
  /** Whether the memory stands still, so that two witnesses of it must agree. */
  readonly #still: boolean;
  readonly #only: bigint | null;
  #left = FOLLOWED;
  #looks: number;

  /**
   * @param only the slab whose freelist is followed; null for all, but those of a running kernel
   * @param looks how many CPUs, slabs and sheaves are looked at in all
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

  /** Counts something that is looked at; false where it is one too many. */
  look(): boolean {
    return --this.#looks >= 0;
  }

  /** Whether something was one too many: what there is of it and behind it is not known. */
  get spent(): boolean {
    return this.#looks < 0;
  }

  /** The free objects that a slab itself has. */
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

  /** Those on a CPU's freelist. @param first of them */
  ofCpu(place: FreePlace, first: bigint, slab: Slab, shape: SlabShape): FreeObjects {
    const list = this.#freelists.read(first, slab, shape);
    return freeOnCpu(place, slab, this.#still ? list : { ...list, wrong: null });
  }

  /** The slab at an address that stands on a list, or what is lost when there is none. */
  slabOn(place: FreePlace, address: bigint, shape: SlabShape): Slab | FreeObjects {
    const slab = this.slabs.read(address, shape);
    if (typeof slab !== 'string') return slab;
    return lostObjects(place, shape.objectsPerSlab, { address, reason: slab });
  }

  /** Whether an address is that of an object in a slab of the cache; yes, where that is not looked up any more. */
  isObject(address: bigint, shape: SlabShape): boolean {
    return !this.#still || this.#left-- <= 0 || this.slabs.isObject(address, shape);
  }
}
