/** What a page is used for, as its struct page says it. The numbers are indexes of the counts. */
export const USES = [
  'free',
  'unaccepted',
  'anonymous',
  'fileCache',
  'shmem',
  'swapCache',
  'hugetlb',
  'slab',
  'largeKmalloc',
  'pageTables',
  'zsmalloc',
  'kfence',
  'movable',
  'offline',
  'hwpoison',
  'reserved',
  'kernel',
  'uninitialized',
  'zoneDevice',
  'noStructPage',
  'unreadable',
] as const;

export type PageUse = (typeof USES)[number];

/** The same as numbers, for the walk. */
export const Use = Object.fromEntries(USES.map((use, i) => [use, i])) as Readonly<Record<PageUse, number>>;

/** Further properties of pages that the kernel counts separately. */
export const TRAITS = ['unmappedAnonymous', 'swapCachedAnonymous', 'slabHeads', 'onLru'] as const;

export type PageTrait = (typeof TRAITS)[number];

/** Numbers that follow those of Use. */
export const Trait = Object.fromEntries(TRAITS.map((trait, i) => [trait, USES.length + i])) as Readonly<
  Record<PageTrait, number>
>;

/** Counts per place: one for each use and trait. */
export const PLACE_COUNTS = USES.length + TRAITS.length;
