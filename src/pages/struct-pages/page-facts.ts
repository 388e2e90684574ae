import type { PageKeys } from './page-keys.ts';

/** What a struct page says about its page, one bit per fact: all that the rules ask for. */
export const PageFact = {
  tail: 1 << 0,
  slab: 1 << 1,
  buddy: 1 << 2,
  /** The order that the head of a free block names is one that the kernel has. */
  validOrder: 1 << 3,
  unaccepted: 1 << 4,
  /** Bit 0 of mapping, which a slab page uses for something else. */
  anonymous: 1 << 5,
  cache: 1 << 6,
  privateData: 1 << 7,
  hugetlb: 1 << 8,
  hwpoison: 1 << 9,
  offline: 1 << 10,
  /** The first of a compound page. */
  head: 1 << 11,
  /**
   * The struct page was never written: it has no flag, no reference and a _mapcount of 0. A page that is
   * mapped has a reference, and any other has a _mapcount of -1 or a page type (__init_single_page,
   * mm/mm_init.c).
   */
  uninitialized: 1 << 12,
  /**
   * The memory of a device, in ZONE_DEVICE. tellFacts does not look for it, because few kernels have any: see
   * markDevices.
   */
  device: 1 << 13,
} as const;

/** Bits of PageFact. */
export type PageFacts = number;

/** One more than the largest value of PageFacts. */
export const FACTS_END = 1 << 14;

/** Facts of a page that may speak for the pages after it. */
export const MAY_LEAD = PageFact.buddy | PageFact.unaccepted | PageFact.head;

/**
 * Writes to `facts` what the struct pages of `count` neighbours say, up to the first that may speak for the
 * pages after it. `w` holds them as 32-bit words, the first at word `i`. Returns how many were looked at.
 *
 * This is the hot loop, and most of a small dump is done before V8 has compiled it. So the keys are looked up
 * before the loop, the loop calls nothing, and all numbers are signed 32-bit integers, because the
 * interpreter makes objects of others. Each page takes the same steps, because V8 throws compiled code away
 * when it meets a step that it has not seen. Each shift is that of the fact's bit.
 */
export function tellFacts(w: Int32Array, i: number, count: number, k: PageKeys, facts: Uint16Array): number {
  const {
    stride,
    flags: flagsWord,
    mapping,
    private: privateWord,
    type: typeWord,
    refcount,
    buddyOrders,
  } = k;
  const { slabMask, lruMask, swapMask, privateMask, headMask, hwpoisonMask } = k;
  const { word: tailWord, mask: tailMask } = k.tail;
  const { mask: slabTypeMask, value: slabType } = k.slab;
  const { mask: buddyMask, value: buddyType } = k.buddy;
  const { mask: unacceptedMask, value: unacceptedType } = k.unaccepted;
  const { mask: offlineMask, value: offlineType } = k.offline;
  const { word: hugetlbWord, mask: hugetlbMask, value: hugetlbValue } = k.hugetlb;
  for (let n = 0, at = i; n < count; at += stride) {
    const flags = w[at + flagsWord] as number;
    const type = w[at + typeWord] as number;
    const order = w[at + privateWord] as number;
    const written = flags | type | (w[at + refcount] as number);
    const isOrder = ((order - buddyOrders) & ~order) >>> 31;
    const isHead = +((flags & headMask) !== 0);
    const all =
      ((w[at + tailWord] as number) & tailMask) |
      ((+((flags & slabMask) !== 0) | +((type & slabTypeMask) === slabType)) << 1) |
      (+((type & buddyMask) === buddyType) << 2) |
      ((isOrder & +(w[at + privateWord + 1] === 0)) << 3) |
      (+((type & unacceptedMask) === unacceptedType) << 4) |
      (((w[at + mapping] as number) & 1) << 5) |
      ((+((flags & lruMask) !== 0) | +((flags & swapMask) === swapMask)) << 6) |
      (+((flags & privateMask) !== 0) << 7) |
      ((isHead & +(((w[at + hugetlbWord] as number) & hugetlbMask) === hugetlbValue)) << 8) |
      (+((flags & hwpoisonMask) !== 0) << 9) |
      (+((type & offlineMask) === offlineType) << 10) |
      (isHead << 11) |
      (+(written === 0) << 12);
    facts[n++] = all;
    if ((all & MAY_LEAD) !== 0) return n;
  }
  return count;
}

const one = new Uint16Array(1);

/** What the struct page at word `i` says about its page. */
export function factsOf(w: Int32Array, i: number, keys: PageKeys): PageFacts {
  tellFacts(w, i, 1, keys, one);
  if (keys.device.mask !== 0) markDevices(w, i, 1, keys, one);
  return one[0] as number;
}

/**
 * Adds PageFact.device to the facts of those of `count` pages that are device memory. The first is at word
 * `i`.
 */
export function markDevices(
  w: Int32Array,
  i: number,
  count: number,
  { stride, flags, device }: PageKeys,
  facts: Uint16Array,
): void {
  for (let n = 0; n < count; n++) {
    if (((w[i + n * stride + flags + 1] as number) & device.mask) !== device.value) continue;
    facts[n] = (facts[n] as number) | PageFact.device;
  }
}
