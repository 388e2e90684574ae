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
  'movable',
  'offline',
  'hwpoison',
  'reserved',
  'kernel',
  'noStructPage',
  'unreadable',
] as const;

export type PageUse = (typeof USES)[number];

/** The same as numbers, for the scan. */
export const Use = Object.fromEntries(USES.map((use, i) => [use, i])) as Readonly<Record<PageUse, number>>;
