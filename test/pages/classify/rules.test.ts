import { describe, expect, test } from 'vitest';
import { decisionOn, keysOf } from '../../builders/decide.ts';
import { SHAPES, type Shape, type ShapeName } from '../../builders/kernel-shapes.ts';
import {
  ANON_MAPPING,
  buddy,
  compound,
  FILE_MAPPING,
  hugetlb,
  type PageSpec,
} from '../../builders/struct-page.ts';

type Case = [name: string, page: PageSpec | [number, PageSpec][], rule: string];

/**
 * Tests in makedumpfile's order: a page that two rules fit gets the first. All kernels have these in common.
 */
const COMMON: Case[] = [
  ['a page that nothing marks', {}, 'kernel'],
  ['a tail', { tail: true }, 'tail'],
  [
    'a tail that looks like LRU and anonymous memory',
    { tail: true, flags: ['lru'], mapping: ANON_MAPPING },
    'tail',
  ],
  ['a free block', buddy(0, 3), 'buddy'],
  ['a free block of the largest order', buddy(1024, 10), 'buddy'],
  ['a free block of an impossible order', buddy(0, 11), 'badOrder'],
  ['a free block of an order past 32 bits', [[0, { type: 'buddy', private: 1n << 32n }]], 'badOrder'],
  ['a free block with a stale LRU flag', { type: 'buddy', flags: ['lru'] }, 'buddy'],
  ['a free block with a stale anonymous mapping', { type: 'buddy', mapping: ANON_MAPPING }, 'buddy'],
  ['a cache page', { flags: ['lru'], mapping: FILE_MAPPING }, 'cache'],
  ['a cache page without mapping', { flags: ['lru'] }, 'cache'],
  ['a cache page with private data', { flags: ['lru', 'private'], mapping: FILE_MAPPING }, 'privateCache'],
  ['a page of the swap cache', { flags: ['swapcache', 'swapbacked'] }, 'cache'],
  ['one with private data', { flags: ['swapcache', 'swapbacked', 'private'] }, 'privateCache'],
  ['the flag of the swap cache alone, which others use', { flags: ['swapcache'] }, 'kernel'],
  ['swapbacked alone', { flags: ['swapbacked'] }, 'kernel'],
  ['private data alone', { flags: ['private'] }, 'kernel'],
  ['a file mapping off the LRU lists', { mapping: FILE_MAPPING }, 'kernel'],
  ['an anonymous page', { mapping: ANON_MAPPING }, 'anonymous'],
  ['an anonymous page on an LRU list', { flags: ['lru'], mapping: ANON_MAPPING }, 'anonymous'],
  ['an anonymous page with private data', { flags: ['lru', 'private'], mapping: ANON_MAPPING }, 'anonymous'],
  [
    'an anonymous page in the swap cache',
    { flags: ['swapcache', 'swapbacked'], mapping: ANON_MAPPING },
    'anonymous',
  ],
  ['a KSM page, whose mapping ends in 3', { flags: ['lru'], mapping: ANON_MAPPING | 2n }, 'anonymous'],
  ['a movable page, whose mapping ends in 2', { mapping: FILE_MAPPING | 2n }, 'kernel'],
  ['a transparent huge page', compound(512, 9, { mapping: ANON_MAPPING, flags: ['lru'] }), 'anonymous'],
  ['a compound page of the kernel', compound(8, 3, {}), 'kernel'],
  ['a large folio of a file', compound(8, 3, { mapping: FILE_MAPPING, flags: ['lru'] }), 'cache'],
  ['a page table', { type: 'table' }, 'kernel'],
];

const hugePages = (shape: Shape): Case[] => [
  ['a huge page of hugetlbfs', hugetlb(shape, 512, 9), 'hugetlb'],
  ['one of 1 GiB', hugetlb(shape, 2 ** 18, 4), 'hugetlb'],
];

const POISON: Case[] = [
  ['a poisoned page', { flags: ['hwpoison'] }, 'hwpoison'],
  ['a poisoned page on an LRU list', { flags: ['hwpoison', 'lru'] }, 'cache'],
  ['a poisoned anonymous page', { flags: ['hwpoison'], mapping: ANON_MAPPING }, 'anonymous'],
  ['a poisoned free block', { type: 'buddy', flags: ['hwpoison'] }, 'buddy'],
  ['a poisoned tail', { tail: true, flags: ['hwpoison'] }, 'tail'],
];

const OFFLINE: Case[] = [
  ['an offline page', { type: 'offline' }, 'offline'],
  ['an offline page with an LRU flag', { type: 'offline', flags: ['lru'] }, 'cache'],
];

const POISONED_OFFLINE: Case[] = [
  ['a poisoned offline page', { type: 'offline', flags: ['hwpoison'] }, 'hwpoison'],
];

/** Where PG_slab is a flag, it takes the meaning from _mapcount and mapping: to 6.9. */
const SLAB_FLAG: Case[] = [
  ['a slab page', { flags: ['slab'] }, 'kernel'],
  ['a slab page whose _mapcount looks free', { flags: ['slab'], type: 'buddy' }, 'kernel'],
  ['a slab page whose mapping looks anonymous', { flags: ['slab'], mapping: ANON_MAPPING }, 'kernel'],
  ['a slab page that looks anonymous and LRU', { flags: ['slab', 'lru'], mapping: ANON_MAPPING }, 'cache'],
];

/** Where slab is a page type: since 6.10. */
const SLAB_TYPE: Case[] = [
  ['a slab page', { type: 'slab' }, 'kernel'],
  ['a slab page whose mapping looks anonymous', { type: 'slab', mapping: ANON_MAPPING }, 'kernel'],
  [
    'a slab page that looks anonymous and LRU',
    { type: 'slab', mapping: ANON_MAPPING, flags: ['lru'] },
    'cache',
  ],
  ['a type of hugetlbfs on a page that is not a head', { type: 'hugetlb' }, 'kernel'],
];

const UNACCEPTED: Case[] = [
  ['memory that is not accepted', { type: 'unaccepted' }, 'unaccepted'],
  ['the same with an LRU flag', { type: 'unaccepted', flags: ['lru'] }, 'unaccepted'],
];

function casesOf(name: ShapeName): Case[] {
  const shape: Shape = SHAPES[name];
  const has = (type: 'offline' | 'slab' | 'unaccepted') => shape.types[type] !== undefined;
  const poison = shape.flags.hwpoison !== undefined;
  return [
    ...COMMON,
    ...hugePages(shape),
    ...(poison ? POISON : []),
    ...(has('offline') ? OFFLINE : []),
    ...(poison && has('offline') ? POISONED_OFFLINE : []),
    ...(has('slab') ? SLAB_TYPE : SLAB_FLAG),
    ...(has('unaccepted') ? UNACCEPTED : []),
  ];
}

const pagesOf = (page: Case[1]): [number, PageSpec][] => (Array.isArray(page) ? page : [[0, page]]);

describe.each(Object.keys(SHAPES) as ShapeName[])('the rules on a kernel like %s', (name) => {
  test.each(casesOf(name))('%s', (_, page, rule) => {
    expect(decisionOn(SHAPES[name], pagesOf(page)).rule).toBe(rule);
  });

  test.each(casesOf(name))("decide as makedumpfile's: %s", (_, page, rule) => {
    const keys = keysOf(SHAPES[name], true);
    expect(decisionOn(SHAPES[name], pagesOf(page), keys).rule).toBe(rule);
  });
});

describe('the swap cache of a kernel without PG_swapbacked in VMCOREINFO', () => {
  test('is known by its flag alone', () => {
    const keys = keysOf(SHAPES['4.18'], false, { 'NUMBER(PG_swapbacked)': null });
    expect(decisionOn(SHAPES['4.18'], [[0, { flags: ['swapcache'] }]], keys).rule).toBe('cache');
  });
});

describe('kernels that do not name a type', () => {
  test('have no offline pages before 5.1', () => {
    expect(decisionOn(SHAPES['4.18'], [[0, { type: ~0x100 }]]).rule).toBe('kernel');
  });

  test('have no unaccepted memory before 6.16', () => {
    expect(decisionOn(SHAPES['6.12'], [[0, { type: 0xf700_0000 }]]).rule).toBe('kernel');
  });

  test('have no tails where neither form of the compound word is named', () => {
    const keys = keysOf(SHAPES['5.10'], false, { 'OFFSET(page.compound_head)': null });
    expect(decisionOn(SHAPES['5.10'], [[0, { tail: true, flags: ['lru'] }]], keys).rule).toBe('cache');
  });
});
