import { describe, expect, test } from 'vitest';
import { decisionOn, keysOf } from '../../builders/decide.ts';
import { SHAPES, type Shape, type ShapeName } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';

const NAMES = Object.keys(SHAPES) as ShapeName[];

/** The head and first tail of a compound, which say all of it, however large it is. */
const beginOf = (pfn: number, order: number, head: PageSpec): [number, PageSpec][] => [
  [pfn, { ...head, flags: ['head', ...(head.flags ?? [])] }],
  [pfn + 1, { tail: true, compound: { order, hugetlb: false } }],
];
const ANON: PageSpec = { mapping: ANON_MAPPING };

describe.each(NAMES)('the pages that a head speaks for, on a kernel like %s', (name) => {
  const shape: Shape = SHAPES[name];

  test.each([1, 2, 4, 9, 18])('are 2^%d of a compound page of that order', (order) => {
    expect(decisionOn(shape, beginOf(2 ** 18, order, ANON))).toEqual({
      rule: 'anonymous',
      pages: 2 ** order,
    });
  });

  test('are all of a huge page of hugetlbfs', () => {
    expect(decisionOn(shape, hugetlb(shape, 1024, 9))).toEqual({ rule: 'hugetlb', pages: 512 });
  });

  test('are all of a cache folio', () => {
    expect(decisionOn(shape, beginOf(16, 4, { flags: ['lru'] }))).toEqual({ rule: 'cache', pages: 16 });
  });

  test('are only the head of a compound that no rule excludes', () => {
    expect(decisionOn(shape, compound(16, 3, {}))).toEqual({ rule: 'kernel', pages: 1 });
  });

  test.each([
    [513, 9],
    [511, 1],
    [2 ** 17, 18],
  ])('are the head alone where pfn %d is not aligned to order %d', (pfn, order) => {
    expect(decisionOn(shape, beginOf(pfn, order, ANON)).pages).toBe(1);
  });

  test.each([19, 64, 255])('are the head alone where order %d is larger than any', (order) => {
    expect(decisionOn(shape, beginOf(0, order, ANON)).pages).toBe(1);
  });

  test('are one for a page that is not a head, whatever follows it', () => {
    const pages = beginOf(512, 9, ANON).map(([pfn, page]): [number, PageSpec] => [
      pfn,
      { ...page, flags: [] },
    ]);
    expect(decisionOn(shape, pages)).toEqual({ rule: 'anonymous', pages: 1 });
  });

  test.each([0, 1, 10])('are 2^%d of a free block', (order) => {
    expect(decisionOn(shape, buddy(1024, order))).toEqual({ rule: 'buddy', pages: 2 ** order });
  });

  test('are one of a free block of a bad order, which is kept', () => {
    expect(decisionOn(shape, buddy(1024, 11))).toEqual({ rule: 'badOrder', pages: 1 });
  });
});

describe('unaccepted memory', () => {
  test('is counted in blocks of the largest order', () => {
    const pages: [number, PageSpec][] = [[1024, { type: 'unaccepted' }]];
    expect(decisionOn(SHAPES['7.1'], pages)).toEqual({ rule: 'unaccepted', pages: 1024 });
  });
});

describe('6.6 to 6.8 without CONFIG_HUGETLB_PAGE, where no key tells of the order', () => {
  const changes = { 'NUMBER(PG_hugetlb)': null };
  const shape = SHAPES['6.6'];

  test('have it in the low byte of page[1].flags all the same', () => {
    expect(decisionOn(shape, beginOf(512, 9, ANON), keysOf(shape, false, changes)).pages).toBe(512);
  });

  test('have heads alone counted by makedumpfile', () => {
    expect(decisionOn(shape, beginOf(512, 9, ANON), keysOf(shape, true, changes)).pages).toBe(1);
  });
});

describe('the order before 4.16, a u16', () => {
  test('is read from its low byte', () => {
    const shape = SHAPES['4.18'];
    const keys = keysOf(shape, false, { 'OFFSET(page.compound_order)': '18' });
    const twoBytes: Shape = { ...shape, head: { dtor: 16, order: 18 } };
    expect(decisionOn(twoBytes, beginOf(512, 9, ANON), keys).pages).toBe(512);
  });
});

describe('another destructor than that of hugetlbfs', () => {
  test.each(['4.18', '5.10', '6.3'] as const)('does not make a huge page on %s', (name) => {
    expect(decisionOn(SHAPES[name], compound(512, 9, {})).rule).toBe('kernel');
  });

  test('nor does any where CONFIG_HUGETLB_PAGE is off', () => {
    const shape = SHAPES['5.10'];
    const keys = keysOf(shape, false, { 'NUMBER(HUGETLB_PAGE_DTOR)': null });
    expect(decisionOn(shape, hugetlb(shape, 512, 9), keys).rule).toBe('kernel');
  });
});
