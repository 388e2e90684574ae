import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import {
  type ExpectedKey,
  flag,
  flagBit,
  hugetlb,
  type Line,
  lengthOf,
  member,
  memSection,
  nodes,
  number,
  offlineType,
  ofHead,
  pageType,
  rootCount,
  sizeOf,
  slab,
  symbol,
} from './key-sources.ts';

const has =
  (...keys: readonly string[]) =>
  (info: Vmcoreinfo) =>
    keys.some((key) => info.has(key));

const HUGETLB_KEYS = ['PAGE_HUGETLB_MAPCOUNT_VALUE', 'PG_hugetlb', 'HUGETLB_PAGE_DTOR'].map(
  (name) => `NUMBER(${name})`,
);
const DTOR = member('page', 'compound_dtor').anyOf.concat('OFFSET(folio._folio_dtor)');
const ORDER = ['OFFSET(page.compound_order)', 'OFFSET(folio._folio_order)'];

const PAGE_KEYS: readonly ExpectedKey[] = [
  sizeOf('page'),
  member('page', 'flags'),
  member('page', '_refcount'),
  member('page', 'mapping'),
  member('page', 'private'),
  member('page', '_mapcount'),
  member('page', 'compound_info', 'compound_head'),
  flag('PG_lru'),
  flag('PG_private'),
  flag('PG_swapcache'),
  // Since about 4.17, like NUMBER(pgtable_l5_enabled).
  { ...flag('PG_swapbacked'), isDue: has('NUMBER(pgtable_l5_enabled)') },
  {
    anyOf: ['NUMBER(PG_head_mask)'],
    derive: number('PG_head_mask', (typed) => {
      const bit = flagBit(typed, 'PG_head');
      return bit === undefined ? undefined : 2 ** bit;
    }),
  },
  { anyOf: ['NUMBER(PG_slab)', 'NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)'], derive: slab },
  {
    anyOf: ['NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)'],
    derive: number('PAGE_BUDDY_MAPCOUNT_VALUE', (typed) => pageType(typed, 'buddy')),
  },
  {
    anyOf: ['NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)'],
    // Since 5.1, like NUMBER(sme_mask); up to 6.8 only with CONFIG_HUGETLB_PAGE.
    isDue: (info) => has(...HUGETLB_KEYS)(info) && info.has('NUMBER(sme_mask)'),
    derive: number('PAGE_OFFLINE_MAPCOUNT_VALUE', offlineType),
  },
  { anyOf: HUGETLB_KEYS, derive: hugetlb },
  {
    ...ofHead(ORDER, 'compound_order', '_folio_order'),
    isDue: has(...DTOR, 'NUMBER(HUGETLB_PAGE_DTOR)'),
  },
  {
    ...ofHead(DTOR, 'compound_dtor', '_folio_dtor'),
    isDue: has(...ORDER, 'NUMBER(HUGETLB_PAGE_DTOR)'),
  },
  lengthOf('zone', 'free_area', 'free_area'),
];

const ZONE_KEYS: readonly ExpectedKey[] = [
  sizeOf('zone'),
  member('zone', 'free_area'),
  member('zone', 'vm_stat'),
  member('zone', 'spanned_pages'),
  sizeOf('free_area'),
  member('free_area', 'free_list'),
  lengthOf('free_area', 'free_list', 'list_head'),
  sizeOf('list_head'),
  {
    anyOf: ['NUMBER(NR_FREE_PAGES)'],
    derive: number('NR_FREE_PAGES', ({ types }) => {
      const item = types.enumerator('NR_FREE_PAGES');
      return item === undefined ? undefined : Number(item);
    }),
  },
  member('pglist_data', 'node_zones'),
  member('pglist_data', 'nr_zones'),
  symbol('node_data', 'contig_page_data'),
];

const SECTION_KEYS: readonly ExpectedKey[] = [
  { anyOf: ['SYMBOL(mem_section)'], derive: memSection },
  { anyOf: ['LENGTH(mem_section)'], derive: rootCount },
  sizeOf('mem_section'),
  member('mem_section', 'section_mem_map'),
];

/** Whether a note has any zone keys; a note without them does not come from a kernel. */
const isOfZones = has(...ZONE_KEYS.flatMap(({ anyOf }) => anyOf));

const EXPECTED = {
  /** What the class of a page depends on. */
  pages: PAGE_KEYS,
  /** What FREE is checked against. */
  zones: [
    ...ZONE_KEYS.map((key) => ({ ...key, isDue: isOfZones })),
    { anyOf: ['LENGTH(node_data)'], isDue: has('SYMBOL(node_data)'), derive: nodes },
  ],
  /** Where struct pages are. */
  sections: SECTION_KEYS,
} satisfies Readonly<Record<string, readonly ExpectedKey[]>>;

type Part = keyof typeof EXPECTED;
const PARTS = Object.keys(EXPECTED) as Part[];

/** Returns the keys of the named parts that this kernel's VMCOREINFO should have but lacks. */
export function missingKeys(info: Vmcoreinfo, ...parts: readonly Part[]): ExpectedKey[] {
  const expected: readonly ExpectedKey[] = parts.flatMap((part) => EXPECTED[part]);
  return expected.filter(({ anyOf, isDue }) => (isDue?.(info) ?? true) && !has(...anyOf)(info));
}

/** Returns the missing keys of all parts. */
export function allMissingKeys(info: Vmcoreinfo): ExpectedKey[] {
  return missingKeys(info, ...PARTS);
}

/**
 * Returns the lines of VMCOREINFO that the kernel's own types and symbols contradict, with what those say.
 */
export function contradictedKeys(typed: TypedKernel): { readonly line: Line; readonly derived: Line }[] {
  const { info } = typed.kernel;
  const all: readonly ExpectedKey[] = PARTS.flatMap((part) => EXPECTED[part]);
  return all.flatMap(({ derive }) => {
    const derived = derive(typed);
    if (derived === undefined || derived === 'none') return [];
    return derived.flatMap((one) => {
      const noted = info.get(one[0]);
      return noted === undefined || noted === one[1]
        ? []
        : [{ line: [one[0], noted] as const, derived: one }];
    });
  });
}
