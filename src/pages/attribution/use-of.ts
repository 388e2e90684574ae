import { compoundOrder } from '../struct-pages/compound-order.ts';
import { PageFact, type PageFacts } from '../struct-pages/page-facts.ts';
import type { WordTest } from '../struct-pages/page-keys.ts';
import { Use } from './page-uses.ts';
import type { UseKeys } from './use-keys.ts';

/** The use of a page by its struct page at word `i`. For a tail that of its head holds. */
export function useOf(w: Int32Array, i: number, facts: PageFacts, k: UseKeys): number {
  if ((facts & OWN) !== 0) {
    const own = useByFacts(facts);
    if (own >= 0) return own;
  }
  const typed = ((w[i + k.type] as number) & TYPED) === 0 ? -1 : useByType(w, i, k);
  if (typed >= 0) return typed;
  if ((facts & PageFact.hugetlb) !== 0) return Use.hugetlb;
  if (((w[i + k.flags] as number) & k.reservedMask) !== 0) return Use.reserved;
  if (k.otherTypes && isTyped(w[i + k.type] as number)) return Use.kernel;
  return useByMapping(w, i, facts, k);
}

/** Facts that tell a use by themselves. */
const OWN = PageFact.device | PageFact.slab | PageFact.buddy | PageFact.unaccepted;

/** -1 where something else must tell. */
function useByFacts(facts: PageFacts): number {
  if ((facts & PageFact.device) !== 0) return Use.zoneDevice;
  if ((facts & PageFact.slab) !== 0) return Use.slab;
  if ((facts & PageFact.buddy) !== 0) return (facts & PageFact.validOrder) === 0 ? Use.kernel : Use.free;
  return (facts & PageFact.unaccepted) === 0 ? -1 : Use.unaccepted;
}

/** Page types, in all their forms, are negative numbers. So is the _mapcount of a page that nothing maps. */
const TYPED = 0x8000_0000;

/** A page that nothing maps has -1. */
const isTyped = (word: number) => word < 0 && word !== -1;

function holds(w: Int32Array, i: number, test: WordTest): boolean {
  return ((w[i + test.word] as number) & test.mask) === test.value;
}

/** -1 for a page without a type. */
function useByType(w: Int32Array, i: number, k: UseKeys): number {
  if (holds(w, i, k.pageTable)) return Use.pageTables;
  if (holds(w, i, k.offline)) return Use.offline;
  if (holds(w, i, k.largeKmalloc)) return Use.largeKmalloc;
  return holds(w, i, k.zsmalloc) ? Use.zsmalloc : -1;
}

function useByMapping(w: Int32Array, i: number, facts: PageFacts, k: UseKeys): number {
  if ((facts & PageFact.anonymous) !== 0) return Use.anonymous;
  if (((w[i + k.mapping] as number) & 2) !== 0 && k.movableMapping) return Use.movable;
  const flags = w[i + k.flags] as number;
  const isPointer = (w[i + k.mapping + 1] as number) >>> 24 === 0xff;
  if (isPointer) return (flags & k.swapbackedMask) === 0 ? Use.fileCache : Use.shmem;
  if ((flags & k.swapMask) === k.swapMask && (flags & k.lruMask) !== 0) return Use.swapCache;
  if ((facts & PageFact.hwpoison) !== 0) return Use.hwpoison;
  return (facts & PageFact.uninitialized) === 0 ? Use.kernel : Use.uninitialized;
}

/** For how many pages the page at word `i` speaks. */
export function pagesOfUse(w: Int32Array, i: number, pfn: number, use: number, k: UseKeys): number {
  if (use === Use.free) return 2 ** (w[i + k.private] as number);
  if (use === Use.unaccepted) return 2 ** (k.buddyOrders - 1);
  return 2 ** compoundOrder(w, i, pfn, k);
}
