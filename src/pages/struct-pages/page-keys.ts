import { InspectError } from '../../errors.ts';
import { required, type Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';

/**
 * A test of one 32-bit word of a struct page: (word & mask) === value. One that never matches has mask 0 and
 * value 1.
 */
export interface WordTest {
  /** Index of the word from the struct page's first. */
  readonly word: number;
  readonly mask: number;
  readonly value: number;
}

/**
 * What decides a page's class, as indexes and masks of the 32-bit words of its struct page. Chosen once per
 * dump from what its VMCOREINFO offers, so that the walk itself knows no kernel version.
 */
export interface PageKeys {
  /** 32-bit words per struct page. */
  readonly stride: number;
  readonly flags: number;
  readonly refcount: number;
  readonly mapping: number;
  readonly private: number;
  /** _mapcount or page_type: one word with two meanings. */
  readonly type: number;
  /**
   * compound_head, or compound_info since 7.1 (d50569612c29): bit 0 says tail. -1 where the kernel has
   * neither.
   */
  readonly compound: number;
  /** The bit of that word that says tail; mask 0 where there is no such word. */
  readonly tail: { readonly word: number; readonly mask: number };
  readonly lruMask: number;
  readonly privateMask: number;
  readonly swapcacheMask: number;
  /** Flags that a swap-cache page must all have; PG_swapcache alone where there is no PG_swapbacked key. */
  readonly swapMask: number;
  readonly headMask: number;
  readonly hwpoisonMask: number;
  /** PG_slab where it is a flag (to 6.9), else 0. */
  readonly slabMask: number;
  /** This and the three below test the word `type`, or never match. */
  readonly slab: WordTest;
  readonly buddy: WordTest;
  readonly unaccepted: WordTest;
  readonly offline: WordTest;
  /** Of a compound head: whether it belongs to hugetlbfs. */
  readonly hugetlb: WordTest;
  /** Of a compound head: where its order is; mask 0 where that is not known. */
  readonly order: { readonly word: number; readonly shift: number; readonly mask: number };
  /** Number of buddy orders: LENGTH(zone.free_area). */
  readonly buddyOrders: number;
  /**
   * Of the upper half of the flags: whether the page is device memory (ZONE_DEVICE). Never matches where no
   * zone has that name.
   */
  readonly device: Pick<WordTest, 'mask' | 'value'>;
}

const NEVER: WordTest = { word: 0, mask: 0, value: 1 };
const AFFECTS = 'no page can be classified';
/**
 * PAGE_TYPE_BASE of include/linux/page-flags.h: four bits from 4.18 to 6.10, one in 6.11, whose types use the
 * other three.
 */
const PAGE_TYPE_BASE = 0xf000_0000 | 0;
const PAGE_TYPE_BASE_6_11 = 0x8000_0000 | 0;
const LOWEST_TYPE_6_11 = 0x0100_0000;
/**
 * What makedumpfile takes for PG_slab when VMCOREINFO does not name it (get_value_for_old_linux). Since 6.10
 * the bit is PG_waiters.
 */
const MAKEDUMPFILE_SLAB_BIT = 7;

/**
 * @param asMakedumpfile compares page types as makedumpfile 1.7.9 does, for --compat
 * @throws InspectError missingInfo, naming the key that is missing and the rows that it decides
 */
export function pageKeys(info: Vmcoreinfo, asMakedumpfile = false): PageKeys {
  const size = required(info.size('page'), 'SIZE(page)', AFFECTS);
  if (size < 32 || size > 256 || size % 4 !== 0)
    throw new InspectError('corrupt', `VMCOREINFO: SIZE(page) is ${size}`, { key: 'SIZE(page)' });
  const stride = size / 4;
  const word = (name: string, bytes: 4 | 8) => wordOf(info, name, { size, bytes });
  const type = word('page._mapcount', 4);
  const test = (key: string) => typeTest(info.number(key), type, asMakedumpfile);
  const flags = word('page.flags', 8);
  const compound = compoundWord(info, size);
  const swapbacked = bit(info, 'PG_swapbacked') ?? 0;
  const swapcacheMask = needBit(info, 'PG_swapcache', 'NON_PRI_CACHE and PRI_CACHE cannot be told');
  return {
    stride,
    flags,
    refcount: word('page._refcount', 4),
    mapping: word('page.mapping', 8),
    private: word('page.private', 8),
    type,
    compound,
    tail: compound < 0 ? { word: 0, mask: 0 } : { word: compound, mask: 1 },
    lruMask: needBit(info, 'PG_lru', 'NON_PRI_CACHE and PRI_CACHE cannot be told'),
    privateMask: needBit(info, 'PG_private', 'NON_PRI_CACHE and PRI_CACHE cannot be told apart'),
    swapcacheMask,
    swapMask: swapcacheMask | swapbacked,
    headMask: info.number('PG_head_mask') ?? 0,
    hwpoisonMask: bit(info, 'PG_hwpoison') ?? 0,
    slabMask: bit(info, 'PG_slab') ?? (asMakedumpfile ? 1 << MAKEDUMPFILE_SLAB_BIT : 0),
    slab: test('PAGE_SLAB_MAPCOUNT_VALUE'),
    buddy: typeTest(
      required(
        info.number('PAGE_BUDDY_MAPCOUNT_VALUE'),
        'NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)',
        'FREE cannot be told',
      ),
      type,
      asMakedumpfile,
    ),
    unaccepted: test('PAGE_UNACCEPTED_MAPCOUNT_VALUE'),
    offline: test('PAGE_OFFLINE_MAPCOUNT_VALUE'),
    hugetlb: hugetlbTest(info, { stride, flags, type }, asMakedumpfile),
    order: orderOf(info, { stride, flags }, asMakedumpfile),
    buddyOrders: buddyOrders(info),
    device: NEVER,
  };
}

/** MAX_PAGE_ORDER is 10 by default, and no configuration comes near this. */
const ORDERS_LIMIT = 32;

function buddyOrders(info: Vmcoreinfo): number {
  const key = 'LENGTH(zone.free_area)';
  const orders = required(
    info.length('zone.free_area'),
    key,
    'the size of a block of FREE cannot be checked',
  );
  if (orders >= 1 && orders <= ORDERS_LIMIT) return orders;
  throw new InspectError('corrupt', `VMCOREINFO: ${key} is ${orders}, which is not a number of orders`, {
    key,
  });
}

/** Index of the first word of a field, which has `bytes` bytes in a struct page of `size`. */
function wordOf(info: Vmcoreinfo, name: string, { size, bytes }: { size: number; bytes: 4 | 8 }): number {
  const key = `OFFSET(${name})`;
  const offset = required(info.offset(name), key, AFFECTS);
  if (offset < 0 || offset % 4 !== 0 || offset + bytes > size) {
    throw new InspectError('corrupt', `VMCOREINFO: ${key} is ${offset}, in a struct page of ${size} bytes`, {
      key,
    });
  }
  return offset / 4;
}

function compoundWord(info: Vmcoreinfo, size: number): number {
  for (const name of ['page.compound_info', 'page.compound_head']) {
    if (info.offset(name) !== undefined) return wordOf(info, name, { size, bytes: 8 });
  }
  return -1;
}

/** The mask of a page flag by its number, undefined when VMCOREINFO does not name it. */
function bit(info: Vmcoreinfo, name: string): number | undefined {
  const number = info.number(name);
  if (number === undefined) return undefined;
  if (number < 0 || number > 30)
    throw new InspectError('corrupt', `VMCOREINFO: NUMBER(${name}) is ${number}, which is not a page flag`, {
      key: `NUMBER(${name})`,
    });
  return 1 << number;
}

function needBit(info: Vmcoreinfo, name: string, affects: string): number {
  return required(bit(info, name), `NUMBER(${name})`, affects);
}

/**
 * The test for a page type by its value in VMCOREINFO. The value itself tells how the kernel encodes types:
 * - the top byte is one type, and the lower 24 bits belong to the owner: since 6.12 (4ffca5a96678c);
 * - all ones except one bit (PAGE_TYPE_BASE and a bit): 4.18 to 6.11, where 6.11 uses bits 24 to 30;
 * - any other is a special _mapcount: before 4.18.
 */
function typeTest(value: number | undefined, word: number, asMakedumpfile: boolean): WordTest {
  if (value === undefined) return NEVER;
  const whole: WordTest = { word, mask: -1, value: value | 0 };
  if (asMakedumpfile) return whole;
  if ((value & 0xff_ffff) === 0) return { word, mask: 0xff00_0000 | 0, value: value | 0 };
  const cleared = ~value;
  const oneBit = cleared > 0 && (cleared & (cleared - 1)) === 0;
  const base = cleared < LOWEST_TYPE_6_11 ? PAGE_TYPE_BASE : PAGE_TYPE_BASE_6_11;
  return oneBit ? { word, mask: base | cleared, value: base } : whole;
}

interface Words {
  readonly stride: number;
  readonly flags: number;
  readonly type: number;
}

/**
 * Of enum compound_dtor_id (include/linux/mm.h), from its first release (4.4, f1e61557f023) to its last
 * (6.6).
 */
const HUGETLB_PAGE_DTOR = 2;

/**
 * How a compound head says that it is hugetlbfs's: its page type (6.9+), PG_hugetlb in page[1].flags (6.6 to
 * 6.8), or the destructor's number in page[1] (to 6.5; the folio's name for it since 6.3).
 */
function hugetlbTest(info: Vmcoreinfo, words: Words, asMakedumpfile: boolean): WordTest {
  const value = info.number('PAGE_HUGETLB_MAPCOUNT_VALUE');
  if (value !== undefined) return typeTest(value, words.type, asMakedumpfile && (value & 0xff_ffff) === 0);
  const mask = bit(info, 'PG_hugetlb');
  if (mask !== undefined) return { word: words.stride + words.flags, mask, value: mask };
  const dtor = info.number('HUGETLB_PAGE_DTOR');
  const at = headByte(info, words.stride, 'compound_dtor', '_folio_dtor');
  if (dtor === undefined || at === undefined) return NEVER;
  if (dtor !== HUGETLB_PAGE_DTOR) {
    const key = 'NUMBER(HUGETLB_PAGE_DTOR)';
    throw new InspectError(
      'corrupt',
      `VMCOREINFO: ${key} is ${dtor}, but ${HUGETLB_PAGE_DTOR} in all kernels`,
      { key },
    );
  }
  return { word: at.word, mask: 0xff << at.shift, value: dtor << at.shift };
}

/**
 * A byte of page[1], by either of its names: its word, counted from the head, and its shift. Offsets in a
 * folio count from the head.
 */
function headByte(
  info: Vmcoreinfo,
  stride: number,
  pageField: string,
  folioField: string,
): { word: number; shift: number } | undefined {
  const inPage = info.offset(`page.${pageField}`);
  const offset = inPage === undefined ? info.offset(`folio.${folioField}`) : inPage + stride * 4;
  if (offset === undefined) return undefined;
  if ((inPage ?? 0) < 0 || offset < 0 || offset >= stride * 8) {
    const key = inPage === undefined ? `OFFSET(folio.${folioField})` : `OFFSET(page.${pageField})`;
    throw new InspectError('corrupt', `VMCOREINFO: ${key} lies outside the first two struct pages`, { key });
  }
  return { word: offset >> 2, shift: (offset & 3) * 8 };
}

/**
 * The order of a compound: a byte of page[1] (to 6.5; before 4.16 the low byte of a u16), or the low byte of
 * its flags (6.6+).
 */
function orderOf(
  info: Vmcoreinfo,
  words: Pick<Words, 'stride' | 'flags'>,
  asMakedumpfile: boolean,
): PageKeys['order'] {
  const at = headByte(info, words.stride, 'compound_order', '_folio_order');
  if (at) return { ...at, mask: 0xff };
  const known = info.has('NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)') || info.has('NUMBER(PG_hugetlb)');
  // Without a hugetlb key makedumpfile does not look for the order and counts only the head.
  return { word: words.stride + words.flags, shift: 0, mask: asMakedumpfile && !known ? 0 : 0xff };
}
