import { compoundOrder } from '../classify/rules.ts';
import { isImpossible } from '../struct-pages/impossible-page.ts';
import type { WordTest } from '../struct-pages/page-keys.ts';
import type { OwnerTable } from './owner-table.ts';
import { PLACE_COUNTS, Trait, Use } from './page-uses.ts';
import type { SlabTally } from './slab-tally.ts';
import type { UseKeys } from './use-keys.ts';

/** What the scan adds up. */
export interface Tally {
  /** Pages by Use. */
  readonly uses: Float64Array;
  /** For each node and zone, as PlaceKeys numbers them, the pages by Use and Trait; slabHeads are slabs, not pages. */
  readonly places: Float64Array;
  /** Pages of slabs by their kmem_cache. */
  readonly slabs: OwnerTable;
  /** The objects in them. */
  readonly slabObjects: SlabTally;
  /** Pages of the page cache by their address_space, shmem's with the others. */
  readonly mappings: OwnerTable;
  /** Pages of hugetlbfs by their address_space. */
  readonly hugetlb: OwnerTable;
  readonly cover: Cover;
}

/** What the last block or compound says for all of its pages. */
interface Cover {
  use: number;
  /** The first pfn past it. */
  until: number;
  /** Where the counts of its place begin, and those of the last place so far. */
  place: number;
  lastPlace: number;
  /** Of anonymous pages: whether a page table maps all of them at once, and whether they are in the swap cache. */
  entire: boolean;
  swapCached: boolean;
  /** Pages whose struct page no page can have, or contradicts that of their compound's head. */
  strays: number;
}

export const NO_COVER: Cover = {
  use: Use.kernel,
  until: 0,
  place: 0,
  lastPlace: 0,
  entire: false,
  swapCached: false,
  strays: 0,
};

function holds(w: Int32Array, i: number, test: WordTest): boolean {
  return ((w[i + test.word] as number) & test.mask) === test.value;
}

/** The use of a page by the struct page at word `i`; that of a tail is not asked, its head spoke for it. */
export function useOf(w: Int32Array, i: number, k: UseKeys): number {
  const flags = w[i + k.flags] as number;
  if (((w[i + k.flags + 1] as number) & k.device.mask) === k.device.value) return Use.zoneDevice;
  if ((flags & k.slabMask) !== 0 || holds(w, i, k.slab)) return Use.slab;
  const typed = (w[i + k.type] as number) & TYPED ? useByType(w, i, k) : -1;
  if (typed >= 0) return typed;
  if ((flags & k.headMask) !== 0 && holds(w, i, k.hugetlb)) return Use.hugetlb;
  if ((flags & k.reservedMask) !== 0) return Use.reserved;
  return useByMapping(w, i, flags, k);
}

/** Page types, in all their forms, are negative numbers; so is the _mapcount of a page that nothing maps. */
const TYPED = 0x8000_0000;

/** -1 for a page without a type. */
function useByType(w: Int32Array, i: number, k: UseKeys): number {
  if (holds(w, i, k.buddy)) return isOrder(w, i, k) ? Use.free : Use.kernel;
  if (holds(w, i, k.unaccepted)) return Use.unaccepted;
  if (holds(w, i, k.pageTable)) return Use.pageTables;
  if (holds(w, i, k.offline)) return Use.offline;
  if (holds(w, i, k.largeKmalloc)) return Use.largeKmalloc;
  return holds(w, i, k.zsmalloc) ? Use.zsmalloc : -1;
}

function useByMapping(w: Int32Array, i: number, flags: number, k: UseKeys): number {
  const mapping = w[i + k.mapping] as number;
  const bits = mapping & 3;
  if (bits & 1) return Use.anonymous;
  if (bits === 2 && k.movableMapping) return Use.movable;
  const isPointer = (w[i + k.mapping + 1] as number) >>> 24 === 0xff;
  if (isPointer) return (flags & k.swapbackedMask) === 0 ? Use.fileCache : Use.shmem;
  if ((flags & k.swapMask) === k.swapMask && (flags & k.lruMask) !== 0) return Use.swapCache;
  if ((flags & k.hwpoisonMask) !== 0) return Use.hwpoison;
  return isWritten(w, i, k) ? Use.kernel : Use.uninitialized;
}

/** As Fact.uninitialized has it. */
function isWritten(w: Int32Array, i: number, k: UseKeys): boolean {
  return ((w[i + k.flags] as number) | (w[i + k.type] as number) | (w[i + k.refcount] as number)) !== 0;
}

function isOrder(w: Int32Array, i: number, k: UseKeys): boolean {
  return (w[i + k.private + 1] as number) === 0 && (w[i + k.private] as number) >>> 0 < k.buddyOrders;
}

/** How many pages the page at word `i` speaks for. */
export function pagesOfUse(w: Int32Array, i: number, pfn: number, use: number, k: UseKeys): number {
  if (use === Use.free) return 2 ** (w[i + k.private] as number);
  if (use === Use.unaccepted) return 2 ** (k.buddyOrders - 1);
  return 2 ** compoundOrder(w, i, pfn, k);
}

/**
 * Adds `count` struct pages from `first` on, which stand at the start of `w`, to what the scan knows. Pages behind a
 * block's or compound's head are not looked at, so a fake head of an optimised hugetlb page is not mistaken for one.
 */
export function tallyRun(w: Int32Array, first: number, count: number, k: UseKeys, tally: Tally): void {
  const { uses, places, cover } = tally;
  for (let n = 0; n < count; ) {
    const pfn = first + n;
    if (pfn >= cover.until) {
      const i = n * k.stride;
      cover.use = useOf(w, i, k);
      const pages = pagesOfUse(w, i, pfn, cover.use, k);
      cover.until = pfn + pages;
      cover.place = (((w[i + k.flags + 1] as number) >>> k.place.shift) & k.place.mask) * PLACE_COUNTS;
      if (cover.place > cover.lastPlace) cover.lastPlace = cover.place;
      cover.strays += strays(w, i, pages, count - n, k, cover.use);
      tallyOwner(w, i, cover.use, pages, k, tally);
      if (((w[i + k.flags] as number) & k.lruMask) !== 0)
        (places[cover.place + Trait.onLru] as number) += pages;
      if (cover.use === Use.anonymous) lookAtAnonymous(w, i, pages, k, cover);
      else if (cover.use === Use.slab) (places[cover.place + Trait.slabHeads] as number)++;
    }
    const covered = Math.min(count - n, cover.until - pfn);
    (uses[cover.use] as number) += covered;
    (places[cover.place + cover.use] as number) += covered;
    if (cover.use === Use.anonymous) tallyAnonymous(w, n * k.stride, covered, k, tally);
    n += covered;
  }
}

/**
 * Tails that no head before them speaks for, struct pages that no page can have, and heads whose compound has no tail at its end, as
 * far as that is among the `rest` pages of the run.
 */
function strays(w: Int32Array, i: number, pages: number, rest: number, k: UseKeys, use: number): number {
  if (isTail(w, i, k)) return 1;
  const isBlock = use === Use.free || use === Use.unaccepted;
  if (use !== Use.uninitialized && isImpossible(w, i, use === Use.anonymous, k)) return pages;
  if (pages === 1 || pages > rest || isBlock || k.tail.mask === 0) return 0;
  return isTail(w, i + (pages - 1) * k.stride, k) ? 0 : 1;
}

function isTail(w: Int32Array, i: number, { tail }: UseKeys): boolean {
  return ((w[i + tail.word] as number) & tail.mask) !== 0;
}

function lookAtAnonymous(w: Int32Array, i: number, pages: number, k: UseKeys, cover: Cover): void {
  cover.swapCached = ((w[i + k.flags] as number) & k.swapMask) === k.swapMask;
  cover.entire = pages > 1 && k.entireMapcount >= 0 && (w[i + k.entireMapcount] as number) >= 0;
}

/** A page is mapped where its own _mapcount says so, or that of its whole compound; both begin at -1. */
function tallyAnonymous(w: Int32Array, i: number, count: number, k: UseKeys, { places, cover }: Tally): void {
  if (cover.swapCached) (places[cover.place + Trait.swapCachedAnonymous] as number) += count;
  if (cover.entire) return;
  let unmapped = 0;
  for (let at = i + k.type; at < i + count * k.stride; at += k.stride) if (w[at] === -1) unmapped++;
  (places[cover.place + Trait.unmappedAnonymous] as number) += unmapped;
}

function tallyOwner(w: Int32Array, i: number, use: number, pages: number, k: UseKeys, tally: Tally): void {
  const table = tableOf(use, tally);
  if (!table) return;
  const word = i + (use === Use.slab ? k.slabCache : k.mapping);
  const low = (w[word] as number) >>> 0;
  const high = (w[word + 1] as number) >>> 0;
  // A huge page that is free or anonymous belongs to no file.
  if (high === 0 || (low & 3) !== 0) return;
  table.add(low, high, pages);
  if (use === Use.slab && k.slabCounters >= 0)
    tally.slabObjects.add(low, high, w[i + k.slabCounters] as number);
}

function tableOf(use: number, { slabs, mappings, hugetlb }: Tally): OwnerTable | undefined {
  if (use === Use.slab) return slabs;
  if (use === Use.fileCache || use === Use.shmem) return mappings;
  return use === Use.hugetlb ? hugetlb : undefined;
}
