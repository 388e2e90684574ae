/** A flag of struct page, by its name without PG_. */
export type Flag = 'lru' | 'private' | 'swapcache' | 'swapbacked' | 'head' | 'slab' | 'hwpoison' | 'waiters';
export type TypeName = 'buddy' | 'offline' | 'hugetlb' | 'slab' | 'unaccepted' | 'table';

/** How the kernels of some releases lay out struct page, and what their VMCOREINFO says about it. */
export interface Shape {
  readonly flags: Partial<Record<Flag, number>>;
  /** Values of the word at offset 48, as this kernel writes them. */
  readonly types: Partial<Record<TypeName, number>>;
  /** Where page[1] holds destructor and order: bytes from its start; null if its flags hold the order. */
  readonly head: { readonly dtor: number; readonly order: number } | null;
  /** PG_hugetlb of page[1].flags, 6.6 to 6.8. */
  readonly hugetlbFlag?: number;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * The destructors of compound pages: 1 for an ordinary one, 2 for hugetlbfs (include/linux/mm.h, up to 6.5).
 */
export const COMPOUND_PAGE_DTOR = 1;
export const HUGETLB_PAGE_DTOR = 2;

interface Recipe extends Omit<Shape, 'keys'> {
  readonly release: string;
  /** Types that this kernel's VMCOREINFO names. */
  readonly exported: readonly TypeName[];
  readonly extra: Readonly<Record<string, string>>;
}

const TYPE_KEYS: Record<TypeName, string> = {
  buddy: 'NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)',
  offline: 'NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)',
  hugetlb: 'NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)',
  slab: 'NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)',
  unaccepted: 'NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)',
  table: '',
};

/** VMCOREINFO names all flags except PG_waiters; PG_head by its mask. */
const NAMED: readonly Flag[] = ['lru', 'private', 'swapcache', 'swapbacked', 'slab', 'hwpoison'];

function shape({ release, exported, extra, ...rest }: Recipe): Shape {
  const flags = NAMED.flatMap((name) =>
    rest.flags[name] === undefined ? [] : [[`NUMBER(PG_${name})`, `${rest.flags[name]}`]],
  );
  const types = exported.map((name) => [TYPE_KEYS[name], `${(rest.types[name] ?? 0) | 0}`]);
  return {
    ...rest,
    keys: {
      OSRELEASE: release,
      'SIZE(page)': '64',
      'OFFSET(page.flags)': '0',
      'OFFSET(page.lru)': '8',
      'OFFSET(page.mapping)': '24',
      'OFFSET(page.private)': '40',
      'OFFSET(page._mapcount)': '48',
      'OFFSET(page._refcount)': '52',
      'LENGTH(zone.free_area)': '11',
      'NUMBER(PG_head_mask)': `${2 ** (rest.flags.head ?? 0)}`,
      ...Object.fromEntries(flags),
      ...Object.fromEntries(types),
      ...extra,
    },
  };
}

const COMPOUND_HEAD = { 'OFFSET(page.compound_head)': '8' };
const IN_PAGE_1 = {
  ...COMPOUND_HEAD,
  'OFFSET(page.compound_dtor)': '16',
  'OFFSET(page.compound_order)': '17',
  'NUMBER(HUGETLB_PAGE_DTOR)': '2',
};
const FLAGS_4_18 = { lru: 5, waiters: 7, slab: 8, swapcache: 9, private: 12, head: 15, swapbacked: 18 };
const FLAGS_5_10 = { lru: 4, waiters: 7, slab: 9, swapcache: 10, private: 13, head: 16, swapbacked: 19 };
const FLAGS_6_6 = { lru: 5, head: 6, waiters: 7, slab: 11, swapcache: 12, private: 15, swapbacked: 19 };
const FLAGS_6_10 = { lru: 5, head: 6, waiters: 7, swapcache: 11, private: 15, swapbacked: 18, hwpoison: 21 };
const FLAGS_6_12 = { lru: 5, head: 6, waiters: 7, swapcache: 10, private: 14, swapbacked: 17, hwpoison: 20 };

/** One bit cleared in a word of ones: 4.18 to 6.10. */
const CLEARED = { buddy: ~0x80, offline: ~0x100, table: ~0x200 };
/** The same from the top down, with the lower 16 bits free for the owner: 6.11 only. */
const CLEARED_6_11 = {
  buddy: ~0x4000_0000,
  offline: ~0x2000_0000,
  table: ~0x1000_0000,
  hugetlb: ~0x0400_0000,
  slab: ~0x0200_0000,
};
/** One type in the top byte, the lower 24 bits free for the owner: since 6.12 (4ffca5a96678c). */
const TOP_BYTE = {
  buddy: 0xf000_0000,
  offline: 0xf100_0000,
  table: 0xf200_0000,
  hugetlb: 0xf400_0000,
  slab: 0xf500_0000,
};

const SINCE_6_10: readonly TypeName[] = ['buddy', 'offline', 'hugetlb', 'slab'];

/**
 * A shape for each change that a reader of struct page must follow, named after the first release with it.
 */
export const SHAPES = {
  '4.18': shape({
    release: '4.18.0',
    flags: FLAGS_4_18,
    types: { buddy: CLEARED.buddy, table: ~0x100 },
    exported: ['buddy'],
    head: { dtor: 16, order: 17 },
    extra: IN_PAGE_1,
  }),
  '5.10': shape({
    release: '5.10.0',
    flags: { ...FLAGS_5_10, hwpoison: 22 },
    types: CLEARED,
    exported: ['buddy', 'offline'],
    head: { dtor: 16, order: 17 },
    extra: IN_PAGE_1,
  }),
  '6.3': shape({
    release: '6.3.0',
    flags: { ...FLAGS_5_10, hwpoison: 22 },
    types: CLEARED,
    exported: ['buddy', 'offline'],
    head: { dtor: 16, order: 17 },
    // Offsets of struct folio count from the head: 64 bytes more than in page[1].
    extra: {
      ...COMPOUND_HEAD,
      'OFFSET(folio._folio_dtor)': '80',
      'OFFSET(folio._folio_order)': '81',
      'NUMBER(HUGETLB_PAGE_DTOR)': '2',
    },
  }),
  '6.6': shape({
    release: '6.6.0',
    flags: { ...FLAGS_6_6, hwpoison: 22 },
    types: CLEARED,
    exported: ['buddy', 'offline'],
    head: null,
    // PG_hugetlb = PG_active
    hugetlbFlag: 8,
    extra: { ...COMPOUND_HEAD, 'NUMBER(PG_hugetlb)': '8' },
  }),
  '6.9': shape({
    release: '6.9.0',
    flags: { ...FLAGS_6_6, hwpoison: 22 },
    types: { ...CLEARED, hugetlb: ~0x800 },
    exported: ['buddy', 'offline', 'hugetlb'],
    head: null,
    extra: COMPOUND_HEAD,
  }),
  '6.10': shape({
    release: '6.10.0',
    flags: FLAGS_6_10,
    types: { ...CLEARED, hugetlb: ~0x800, slab: ~0x1000 },
    exported: SINCE_6_10,
    head: null,
    extra: COMPOUND_HEAD,
  }),
  '6.11': shape({
    release: '6.11.0',
    flags: FLAGS_6_10,
    types: CLEARED_6_11,
    exported: SINCE_6_10,
    head: null,
    extra: COMPOUND_HEAD,
  }),
  '6.12': shape({
    release: '6.12.0',
    flags: FLAGS_6_12,
    types: TOP_BYTE,
    exported: SINCE_6_10,
    head: null,
    extra: COMPOUND_HEAD,
  }),
  '7.1': shape({
    release: '7.1.0',
    flags: { ...FLAGS_6_12, hwpoison: 21 },
    types: { ...TOP_BYTE, unaccepted: 0xf700_0000 },
    exported: [...SINCE_6_10, 'unaccepted'],
    head: null,
    extra: { 'OFFSET(page.compound_info)': '8' },
  }),
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;
