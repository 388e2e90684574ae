import type { PageKeys, WordTest } from './page-keys.ts';

/** What a struct page says of its page, a bit each: all that the rules ask for. */
export const Fact = {
  tail: 1 << 0,
  slab: 1 << 1,
  buddy: 1 << 2,
  /** The order that a free block's head has is one that the kernel has blocks of. */
  validOrder: 1 << 3,
  unaccepted: 1 << 4,
  /** Bit 0 of mapping, which a slab page uses for something else. */
  anonymous: 1 << 5,
  cache: 1 << 6,
  privateData: 1 << 7,
  hugetlb: 1 << 8,
  hwpoison: 1 << 9,
  offline: 1 << 10,
} as const;

/** One more than the most that the facts of a page can be. */
export const FACTS_END = 1 << 11;

/*
 * Written for the scan, which asks it of every page: plain 32-bit numbers, signed ones, for others are objects until the
 * code is compiled; and the same steps for each page, without a branch. A branch that code first takes after it was compiled
 * makes V8 throw the compiled code away, and in the scan of a few hundred MiB that happened over and over.
 * `w` holds struct pages as words, and `i` is the first word of one.
 */

/** 1 where no bit is set, else 0: only of 0 are 32 leading bits zero. */
function isZero(word: number): number {
  return Math.clz32(word) >>> 5;
}

function isNonZero(word: number): number {
  return isZero(word) ^ 1;
}

function holds(w: Int32Array, i: number, test: WordTest): number {
  return isZero(((w[i + test.word] as number) & test.mask) ^ test.value);
}

/** All facts of the page whose struct page begins at word `i`. */
export function factsOf(w: Int32Array, i: number, k: PageKeys): number {
  const flags = w[i + k.flags] as number;
  const order = w[i + k.private] as number;
  const below = ((order - k.buddyOrders) & ~order) >>> 31;
  const swapCache = isZero((flags & k.swapMask) ^ k.swapMask);
  const head = isNonZero(flags & k.headMask);
  return (
    ((w[i + k.tail.word] as number) & k.tail.mask) |
    ((isNonZero(flags & k.slabMask) | holds(w, i, k.slab)) << 1) |
    (holds(w, i, k.buddy) << 2) |
    ((below & isZero(w[i + k.private + 1] as number)) << 3) |
    (holds(w, i, k.unaccepted) << 4) |
    (((w[i + k.mapping] as number) & 1) << 5) |
    ((isNonZero(flags & k.lruMask) | swapCache) << 6) |
    (isNonZero(flags & k.privateMask) << 7) |
    ((head & holds(w, i, k.hugetlb)) << 8) |
    (isNonZero(flags & k.hwpoisonMask) << 9) |
    (holds(w, i, k.offline) << 10)
  );
}
