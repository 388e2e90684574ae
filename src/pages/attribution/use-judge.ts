import { isImpossible } from '../struct-pages/impossible-page.ts';
import { PageFact, type PageFacts } from '../struct-pages/page-facts.ts';
import { Evidence, type Judge, type Unasked } from '../walk/judge.ts';
import type { CgroupTally } from './cgroup-tally.ts';
import { OwnerTable } from './owner-table.ts';
import { type PageUse, PLACE_COUNTS, Trait, USES, Use } from './page-uses.ts';
import { SlabObjects } from './slab-objects.ts';
import type { UseKeys } from './use-keys.ts';
import { pagesOfUse, useOf } from './use-of.ts';

/** The use of pages whose struct pages are not looked at, by Unasked. */
const USE_OF_UNASKED = [
  Use.noStructPage,
  Use.unreadable,
  Use.unreadable,
  Use.offline,
  Use.zoneDevice,
] as const satisfies Record<Unasked, number>;

/** Says what each page is used for and whose it is, and counts the pages of each use, place and owner. */
export class UseJudge implements Judge {
  /** Pages by Use. */
  readonly uses = new Float64Array(USES.length);
  /**
   * For each node and zone, as PlaceKeys numbers them, the pages by Use and Trait; slabHeads are slabs, not
   * pages.
   */
  readonly places: Float64Array;
  /** Pages of slabs by their kmem_cache. */
  readonly slabs = new OwnerTable();
  /** The objects in them. */
  readonly slabObjects = new SlabObjects();
  /** Pages of the page cache by their address_space, shmem's with the others. */
  readonly mappings = new OwnerTable();
  /** Pages of hugetlbfs by their address_space. */
  readonly hugetlb = new OwnerTable();
  /** By Use, the table of owners, for uses whose pages have one. */
  readonly #owners: readonly (OwnerTable | undefined)[];
  /** Pages in no block, with a struct page that no page can have. */
  impossible = 0;
  readonly #keys: UseKeys;
  readonly #cgroups: CgroupTally | null;
  /** What the last head says for all its pages: their use, and where the counts of their place begin. */
  #use = Use.kernel;
  #place = 0;
  /**
   * Of anonymous pages: whether a page table maps all of them at once, and whether they are in the swap
   * cache.
   */
  #isEntire = false;
  #isSwapCached = false;

  /** @param cgroups counts what pages are charged to; null if that was not asked for */
  constructor(keys: UseKeys, cgroups: CgroupTally | null = null) {
    this.#keys = keys;
    this.#cgroups = cgroups;
    this.places = new Float64Array(PLACE_COUNTS * (keys.place.mask + 1));
    const owners: Partial<Record<PageUse, OwnerTable>> = {
      slab: this.slabs,
      fileCache: this.mappings,
      shmem: this.mappings,
      hugetlb: this.hugetlb,
    };
    this.#owners = USES.map((use) => owners[use]);
  }

  /** Each page of an anonymous compound may be mapped by itself. Its own struct page says so. */
  get readsCovered(): boolean {
    return this.#use === Use.anonymous && !this.#isEntire;
  }

  alike(w: Int32Array, i: number, count: number, facts: PageFacts): void {
    const end = i + count * this.#keys.stride;
    const isTail = (facts & PageFact.tail) !== 0;
    for (let at = i; at < end; at += this.#keys.stride) {
      const use = useOf(w, at, facts, this.#keys);
      this.#begin(w, at, use, 1);
      this.#count(1);
      if (use === Use.anonymous) this.#countAnonymous(w, at, 1);
      const isAsked = !isTail && use !== Use.uninitialized;
      if (isAsked && isImpossible(w, at, use === Use.anonymous, this.#keys)) this.impossible++;
    }
  }

  head(w: Int32Array, i: number, pfn: number, facts: PageFacts): number {
    const use = useOf(w, i, facts, this.#keys);
    const pages = pagesOfUse(w, i, pfn, use, this.#keys);
    this.#begin(w, i, use, pages);
    return pages;
  }

  covered(w: Int32Array, i: number, count: number): void {
    this.#count(count);
    if (this.#use === Use.anonymous) this.#countAnonymous(w, i, count);
  }

  unasked(why: Unasked, count: number): void {
    (this.uses[USE_OF_UNASKED[why]] as number) += count;
  }

  evidence(w: Int32Array, i: number, facts: PageFacts): Evidence {
    const use = useOf(w, i, facts, this.#keys);
    if (use === Use.zoneDevice) return Evidence.itself;
    if ((facts & PageFact.tail) !== 0) return Evidence.tail;
    return use === Use.kernel ? Evidence.none : Evidence.itself;
  }

  /** Notes what the page at word `i` says for `pages` pages. */
  #begin(w: Int32Array, i: number, use: number, pages: number): void {
    const { flags, place, lruMask } = this.#keys;
    this.#use = use;
    this.#place = (((w[i + flags + 1] as number) >>> place.shift) & place.mask) * PLACE_COUNTS;
    const owners = this.#owners[use];
    if (owners) this.#addOwner(w, i, use, pages, owners);
    if (this.#cgroups !== null) this.#addCharges(w, i, use, pages, this.#cgroups);
    const { places } = this;
    if (((w[i + flags] as number) & lruMask) !== 0) (places[this.#place + Trait.onLru] as number) += pages;
    if (use === Use.anonymous) this.#lookAtAnonymous(w, i, pages);
    else if (use === Use.slab) (places[this.#place + Trait.slabHeads] as number)++;
  }

  #addCharges(w: Int32Array, i: number, use: number, pages: number, cgroups: CgroupTally): void {
    if (use === Use.slab) cgroups.addSlab(w, i);
    else cgroups.add(w, i, use, pages);
  }

  /** Counts the next pages for which the last head speaks. */
  #count(pages: number): void {
    (this.uses[this.#use] as number) += pages;
    const at = this.#place + this.#use;
    (this.places[at] as number) += pages;
  }

  #countAnonymous(w: Int32Array, i: number, pages: number): void {
    const { places } = this;
    const swapCached = this.#isSwapCached ? pages : 0;
    const unmapped = this.#isEntire ? 0 : this.#unmapped(w, i, pages);
    (places[this.#place + Trait.swapCachedAnonymous] as number) += swapCached;
    (places[this.#place + Trait.unmappedAnonymous] as number) += unmapped;
    this.#cgroups?.addTrait('swapCachedAnonymous', swapCached);
    this.#cgroups?.addTrait('unmappedAnonymous', unmapped);
  }

  #lookAtAnonymous(w: Int32Array, i: number, pages: number): void {
    const { flags, swapMask, entireMapcount } = this.#keys;
    this.#isSwapCached = ((w[i + flags] as number) & swapMask) === swapMask;
    this.#isEntire = pages > 1 && entireMapcount >= 0 && (w[i + entireMapcount] as number) >= 0;
  }

  /** A page is mapped where its own _mapcount says so, or that of its whole compound; both begin at -1. */
  #unmapped(w: Int32Array, i: number, count: number): number {
    const { type, stride } = this.#keys;
    let unmapped = 0;
    for (let at = i + type; at < i + count * stride; at += stride) if (w[at] === -1) unmapped++;
    return unmapped;
  }

  #addOwner(w: Int32Array, i: number, use: number, pages: number, owners: OwnerTable): void {
    const { slabCache, mapping, slabCounters } = this.#keys;
    if (use === Use.slab && slabCache < 0) return;
    const word = i + (use === Use.slab ? slabCache : mapping);
    const low = (w[word] as number) >>> 0;
    const high = (w[word + 1] as number) >>> 0;
    // A free or anonymous huge page belongs to no file.
    if (high === 0 || (low & 3) !== 0) return;
    owners.add(low, high, pages);
    if (use === Use.slab && slabCounters >= 0) this.slabObjects.add(low, high, w[i + slabCounters] as number);
  }
}
