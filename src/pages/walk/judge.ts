import type { PageFacts } from '../struct-pages/page-facts.ts';

/** Why the struct pages of some pages are not looked at. */
export const Unasked = {
  /** Their section has no struct pages. */
  noStructPage: 0,
  /** Their struct pages cannot be read. */
  unreadable: 1,
  /** They may belong to a free block or compound whose head cannot be read. */
  headUnread: 2,
  /** Their section is not online, so their struct pages say nothing. */
  offlineSection: 3,
  /** The same, but the pages are the memory of a device. */
  zoneDevice: 4,
} as const;

export type Unasked = (typeof Unasked)[keyof typeof Unasked];

/** What the struct page of a page proves about a free block or compound whose head was lost. */
export const Evidence = {
  /** Nothing: it looks like any page of the kernel, and so do the pages of a free block. */
  none: 0,
  /** The page is in a compound. */
  tail: 1,
  /** The page is in no free block or compound but its own. */
  itself: 2,
} as const;

export type Evidence = (typeof Evidence)[keyof typeof Evidence];

/**
 * Says what pages are, and counts them: the walk tells it of each page once, in the order of the pfns. Struct
 * pages are given as 32-bit words and the index `i` of the first of them.
 */
export interface Judge {
  /** `count` neighbours of which the same facts hold. None of them speaks for the pages after it. */
  alike(w: Int32Array, i: number, count: number, facts: PageFacts): void;
  /**
   * A page that may speak for those after it, such as the head of a free block or compound.
   * @returns for how many pages it speaks, itself among them; `covered` is then told of all of these
   */
  head(w: Int32Array, i: number, pfn: number, facts: PageFacts): number;
  /**
   * The next `count` of the pages that the last head speaks for; `i` is -1 where their struct pages were not
   * read.
   */
  covered(w: Int32Array, i: number, count: number): void;
  /** Whether the struct pages of pages that the last head speaks for are needed all the same. */
  readonly readsCovered: boolean;
  /** Pages whose struct pages are not looked at. */
  unasked(why: Unasked, count: number): void;
  /** What a page proves for which no head speaks. */
  evidence(w: Int32Array, i: number, facts: PageFacts): Evidence;
}
