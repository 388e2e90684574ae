import { sectionCount } from './mem-section-geometry.ts';
import type { TypedKernel } from './typed-kernel.ts';
import type { Vmcoreinfo } from './vmcoreinfo.ts';

/** A line of VMCOREINFO: its key and its value as that is written. */
export type Line = readonly [key: string, value: string];

/** What a kernel's VMCOREINFO always says, and where the kernel itself says it again. */
export interface ExpectedKey {
  /** One of these is there: kernels have said it in different ways. */
  readonly anyOf: readonly string[];
  /** Whether this kernel must have it, by what else its VMCOREINFO says; always, if not given. */
  readonly isDue?: (info: Vmcoreinfo) => boolean;
  /**
   * What the kernel's types (BTF) and symbols say in its place; undefined where they do not, and 'none' where they say that
   * this kernel has no such thing. @throws InspectError, when they cannot be read
   */
  readonly tell: (typed: TypedKernel) => readonly Line[] | 'none' | undefined;
}

type Tell = ExpectedKey['tell'];

/** The first of some members that a structure has: each kernel has one of them. */
function member(struct: string, ...names: readonly string[]): ExpectedKey {
  const keyOf = (name: string) => `OFFSET(${struct}.${name})`;
  return {
    anyOf: names.map(keyOf),
    tell: ({ types }) => {
      const type = types.findStruct(struct);
      const name = names.find((one) => type?.find(one) !== undefined);
      return name === undefined ? undefined : [[keyOf(name), `${type?.offsetOf(name)}`]];
    },
  };
}

function sizeOf(struct: string): ExpectedKey {
  const key = `SIZE(${struct})`;
  return {
    anyOf: [key],
    tell: ({ types }) => {
      const type = types.findStruct(struct);
      return type && [[key, `${type.size}`]];
    },
  };
}

/** How many elements an array has that is a member. */
function lengthOf(struct: string, name: string, element: string): ExpectedKey {
  const key = `LENGTH(${struct}.${name})`;
  return {
    anyOf: [key],
    tell: ({ types }) => {
      const field = types.findStruct(struct)?.find(name);
      const one = types.findStruct(element);
      return field && one && one.size > 0 ? [[key, `${field.size / one.size}`]] : undefined;
    },
  };
}

function number(name: string, value: (typed: TypedKernel) => number | undefined): Tell {
  return (typed) => {
    const told = value(typed);
    return told === undefined ? undefined : [[`NUMBER(${name})`, `${told}`]];
  };
}

/** Page flags are bits of a word; page types of the same name have values above (6.11). */
const FLAGS_END = 64n;

function flagBit({ types }: TypedKernel, name: string): number | undefined {
  const bit = types.enumerator(name);
  return bit !== undefined && bit < FLAGS_END ? Number(bit) : undefined;
}

function flag(name: string): ExpectedKey {
  return { anyOf: [`NUMBER(${name})`], tell: number(name, (typed) => flagBit(typed, name)) };
}

/**
 * The word that a page type makes of _mapcount: in the top byte since 6.12 (PGTY_*), one bit cleared of all ones in 6.11 (PG_* of
 * enum pagetype). Before they were macros, which BTF does not have.
 */
function pageType({ types }: TypedKernel, name: string): number | undefined {
  const top = types.enumerator(`PGTY_${name}`);
  if (top !== undefined) return (Number(top) << 24) | 0;
  const bit = types.enumerator(`PG_${name}`);
  return bit !== undefined && bit >= FLAGS_END ? ~Number(bit) : undefined;
}

/** The same for those that were macros from 4.18 to 6.10, all of which had PG_buddy 0x80 and PG_offline 0x100 (since 5.1). */
const BUDDY_MACRO = ~0x80;
const OFFLINE_MACRO = ~0x100;

function offlineType(typed: TypedKernel): number | undefined {
  const isMacro = typed.kernel.info.number('PAGE_BUDDY_MAPCOUNT_VALUE') === BUDDY_MACRO;
  return pageType(typed, 'offline') ?? (isMacro ? OFFLINE_MACRO : undefined);
}

/** How the kernel marks the huge pages of hugetlbfs, if it has these: by a type, a flag, or the number of a destructor. */
const hugetlb: Tell = (typed) => {
  if (typed.findSymbol('hugetlb_fault') === undefined) return 'none';
  const type = pageType(typed, 'hugetlb');
  if (type !== undefined) return [['NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)', `${type}`]];
  const bit = flagBit(typed, 'PG_hugetlb');
  if (bit !== undefined) return [['NUMBER(PG_hugetlb)', `${bit}`]];
  const dtor = typed.types.enumerator('HUGETLB_PAGE_DTOR');
  return dtor === undefined ? undefined : [['NUMBER(HUGETLB_PAGE_DTOR)', `${dtor}`]];
};

const slab: Tell = (typed) => {
  const type = pageType(typed, 'slab');
  if (type !== undefined) return [['NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)', `${type}`]];
  const bit = flagBit(typed, 'PG_slab');
  return bit === undefined ? undefined : [['NUMBER(PG_slab)', `${bit}`]];
};

function symbol(...names: readonly string[]): ExpectedKey {
  return {
    anyOf: names.map((name) => `SYMBOL(${name})`),
    tell: (typed) => {
      const name = names.find((one) => typed.findSymbol(one) !== undefined);
      return name === undefined
        ? undefined
        : [[`SYMBOL(${name})`, `${typed.findSymbol(name)?.toString(16)}`]];
    },
  };
}

const POINTER = 8n;
const PAGE = 4096;

/** An array of pointers ends where the next symbol begins; NODES_SHIFT makes its length a power of two, the rest is alignment. */
const nodes: Tell = (typed) => {
  const address = typed.findSymbol('node_data');
  const found = address === undefined ? undefined : typed.symbols.nearest(address);
  if (found?.offset !== 0n || found.size < POINTER) return undefined;
  return [['LENGTH(node_data)', `${2 ** Math.floor(Math.log2(Number(found.size / POINTER)))}`]];
};

/**
 * The array of roots, which the symbol is a pointer to, and VMCOREINFO has the pointer's value (since 4.15, a0b1280368d1). Without
 * SPARSEMEM_EXTREME the symbol is the array itself.
 */
function sectionRoots(
  typed: TypedKernel,
): { readonly address: bigint; readonly isPointer: boolean } | undefined {
  const address = typed.findSymbol('mem_section');
  if (address === undefined) return undefined;
  const isPointer = typed.symbols.nearest(address)?.size === POINTER;
  return { address: isPointer ? typed.space.u64(address) : address, isPointer };
}

const memSection: Tell = (typed) => {
  const roots = sectionRoots(typed);
  return roots && roots.address !== 0n ? [['SYMBOL(mem_section)', roots.address.toString(16)]] : undefined;
};

/** NR_SECTION_ROOTS of include/linux/mmzone.h: pages full of sections that all of physical memory takes. */
const rootCount: Tell = (typed) => {
  const size = typed.types.findStruct('mem_section')?.size;
  if (!size || !sectionRoots(typed)?.isPointer) return undefined;
  const { info, pagingLevels } = typed.kernel;
  return [
    ['LENGTH(mem_section)', `${Math.ceil(sectionCount(info, pagingLevels) / Math.floor(PAGE / size))}`],
  ];
};

const has =
  (...keys: readonly string[]) =>
  (info: Vmcoreinfo) =>
    keys.some((key) => info.has(key));

const HUGETLB_KEYS = ['PAGE_HUGETLB_MAPCOUNT_VALUE', 'PG_hugetlb', 'HUGETLB_PAGE_DTOR'].map(
  (name) => `NUMBER(${name})`,
);
const DTOR = member('page', 'compound_dtor').anyOf.concat('OFFSET(folio._folio_dtor)');
const ORDER = ['OFFSET(page.compound_order)', 'OFFSET(folio._folio_order)'];

/** Members of page[1] to 6.2, of the folio in 6.3 to 6.5. */
function ofHead(
  anyOf: readonly string[],
  inPage: string,
  inFolio: string,
): Pick<ExpectedKey, 'anyOf' | 'tell'> {
  const [page, folio] = [member('page', inPage), member('folio', inFolio)];
  return { anyOf, tell: (typed) => page.tell(typed) ?? folio.tell(typed) };
}

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
  // Since about 4.17, as this one is.
  { ...flag('PG_swapbacked'), isDue: has('NUMBER(pgtable_l5_enabled)') },
  {
    anyOf: ['NUMBER(PG_head_mask)'],
    tell: number('PG_head_mask', (typed) => {
      const bit = flagBit(typed, 'PG_head');
      return bit === undefined ? undefined : 2 ** bit;
    }),
  },
  { anyOf: ['NUMBER(PG_slab)', 'NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)'], tell: slab },
  {
    anyOf: ['NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)'],
    tell: number('PAGE_BUDDY_MAPCOUNT_VALUE', (typed) => pageType(typed, 'buddy')),
  },
  {
    anyOf: ['NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)'],
    // Since 5.1, as NUMBER(sme_mask) is; up to 6.8 with CONFIG_HUGETLB_PAGE alone.
    isDue: (info) => has(...HUGETLB_KEYS)(info) && info.has('NUMBER(sme_mask)'),
    tell: number('PAGE_OFFLINE_MAPCOUNT_VALUE', offlineType),
  },
  { anyOf: HUGETLB_KEYS, tell: hugetlb },
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
    tell: number('NR_FREE_PAGES', ({ types }) => {
      const item = types.enumerator('NR_FREE_PAGES');
      return item === undefined ? undefined : Number(item);
    }),
  },
  member('pglist_data', 'node_zones'),
  member('pglist_data', 'nr_zones'),
  symbol('node_data', 'contig_page_data'),
];

const SECTION_KEYS: readonly ExpectedKey[] = [
  { anyOf: ['SYMBOL(mem_section)'], tell: memSection },
  { anyOf: ['LENGTH(mem_section)'], tell: rootCount },
  sizeOf('mem_section'),
  member('mem_section', 'section_mem_map'),
];

/** A note without any of the keys of zones is none that a kernel wrote. */
const isOfZones = has(...ZONE_KEYS.flatMap(({ anyOf }) => anyOf));

const EXPECTED = {
  /** What decides the class of a page. */
  pages: PAGE_KEYS,
  /** What FREE is held against. */
  zones: [
    ...ZONE_KEYS.map((key) => ({ ...key, isDue: isOfZones })),
    { anyOf: ['LENGTH(node_data)'], isDue: has('SYMBOL(node_data)'), tell: nodes },
  ],
  /** Where struct pages are. */
  sections: SECTION_KEYS,
} satisfies Readonly<Record<string, readonly ExpectedKey[]>>;

type Part = keyof typeof EXPECTED;
const PARTS = Object.keys(EXPECTED) as Part[];

/** What a kernel's VMCOREINFO lacks and must have, of all that is read with a part. */
export function missingKeys(info: Vmcoreinfo, ...parts: readonly Part[]): ExpectedKey[] {
  const expected: readonly ExpectedKey[] = parts.flatMap((part) => EXPECTED[part]);
  return expected.filter(({ anyOf, isDue }) => (isDue?.(info) ?? true) && !has(...anyOf)(info));
}

/** Of all parts. */
export function allMissingKeys(info: Vmcoreinfo): ExpectedKey[] {
  return missingKeys(info, ...PARTS);
}

/** What VMCOREINFO says otherwise than the kernel's own types and symbols: its lines, and theirs. */
export function contradictedKeys(typed: TypedKernel): { readonly line: Line; readonly told: Line }[] {
  const { info } = typed.kernel;
  const all: readonly ExpectedKey[] = PARTS.flatMap((part) => EXPECTED[part]);
  return all.flatMap(({ tell }) => {
    const told = tell(typed);
    if (told === undefined || told === 'none') return [];
    return told.flatMap((one) => {
      const noted = info.get(one[0]);
      return noted === undefined || noted === one[1] ? [] : [{ line: [one[0], noted] as const, told: one }];
    });
  });
}
