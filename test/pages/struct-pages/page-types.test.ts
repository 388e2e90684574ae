import { describe, expect, test } from 'vitest';
import { decisionOn, keysOf } from '../../builders/decide.ts';
import { SHAPES, type ShapeName } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, compound, type PageSpec } from '../../builders/struct-page.ts';

type Differs = [shape: ShapeName, what: string, page: PageSpec, truth: string, makedumpfile: string];

/** Where the whole word is not the type's value, makedumpfile does not see the type. */
const USED_BITS: Differs[] = [
  ['6.12', 'an offline page', { type: 0xf100_0003 }, 'offline', 'kernel'],
  ['6.12', 'a free block', { type: 0xf000_0001 }, 'buddy', 'kernel'],
  ['6.12', 'a slab page with a mapping', { type: 0xf500_1234, mapping: ANON_MAPPING }, 'kernel', 'anonymous'],
  ['7.1', 'unaccepted memory', { type: 0xf700_0001 }, 'unaccepted', 'kernel'],
  // Of 6.11's word the lower 16 bits are the owner's.
  ['6.11', 'an offline page', { type: 0xdfff_0003 }, 'offline', 'kernel'],
  ['6.11', 'a free block', { type: 0xbfff_0003 }, 'buddy', 'kernel'],
  // Two types at once: PG_table's bit is cleared as well.
  ['5.10', 'an offline page', { type: ~0x300 }, 'offline', 'kernel'],
  ['4.18', 'a free block', { type: ~0x280 }, 'buddy', 'kernel'],
];

describe('a page type whose owner uses bits of the word', () => {
  test.each(USED_BITS)('is still that type on %s: %s', (shape, _, page, truth) => {
    expect(decisionOn(SHAPES[shape], [[0, page]]).rule).toBe(truth);
  });

  test.each(USED_BITS)('is unknown to makedumpfile on %s: %s', (shape, _, page, __, makedumpfile) => {
    const keys = keysOf(SHAPES[shape], true);
    expect(decisionOn(SHAPES[shape], [[0, page]], keys).rule).toBe(makedumpfile);
  });

  test.each([
    ['6.12', 0xf400_0007, 'hugetlb', 'kernel'],
    // Up to 6.11 makedumpfile looks at the bit of hugetlbfs alone, as the kernel does.
    ['6.11', 0xfbff_0007, 'hugetlb', 'hugetlb'],
    ['6.9', ~0xa00, 'hugetlb', 'hugetlb'],
  ] as const)('is read for hugetlbfs on %s', (shape, type, truth, makedumpfile) => {
    const pages = compound(512, 9, { type }, true);
    expect(decisionOn(SHAPES[shape], pages).rule).toBe(truth);
    expect(decisionOn(SHAPES[shape], pages, keysOf(SHAPES[shape], true)).rule).toBe(makedumpfile);
  });
});

describe('a word that is a count of mappings', () => {
  test.each([0, 1, 511, 0x7fff_ffff, -1, -2, -127])('of %d is not a page type on any kernel', (count) => {
    for (const shape of Object.values(SHAPES)) {
      expect(decisionOn(shape, [[0, { type: count }]]).rule).toBe('kernel');
    }
  });
});

describe('kernels before 4.18, whose free pages have a _mapcount of -128', () => {
  const changes = { 'NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)': '-128' };

  test.each([
    [-128, 'buddy'],
    [-129, 'kernel'],
    [-127, 'kernel'],
    [-256, 'kernel'],
  ])('have the type %d decided as %s', (type, rule) => {
    const keys = keysOf(SHAPES['4.18'], false, changes);
    expect(decisionOn(SHAPES['4.18'], [[0, { type }]], keys).rule).toBe(rule);
  });
});

/** Without the key makedumpfile takes bit 7 for PG_slab, and since 6.10 that is PG_waiters. */
const WAITERS: Differs[] = [
  ['6.12', 'an anonymous page', { flags: ['waiters', 'lru'], mapping: ANON_MAPPING }, 'anonymous', 'cache'],
  ['6.12', 'one off the LRU lists', { flags: ['waiters'], mapping: ANON_MAPPING }, 'anonymous', 'kernel'],
  ['6.12', 'a free block', { flags: ['waiters'], type: 'buddy' }, 'buddy', 'kernel'],
  ['6.10', 'an offline page', { flags: ['waiters'], type: 'offline' }, 'offline', 'kernel'],
  [
    '6.9',
    'an anonymous page',
    { flags: ['waiters', 'lru'], mapping: ANON_MAPPING },
    'anonymous',
    'anonymous',
  ],
  ['5.10', 'a free block', { flags: ['waiters'], type: 'buddy' }, 'buddy', 'buddy'],
];

describe('PG_waiters', () => {
  test.each(WAITERS)('makes no slab page on %s: %s', (shape, _, page, truth) => {
    expect(decisionOn(SHAPES[shape], [[0, page]]).rule).toBe(truth);
  });

  test.each(WAITERS)(
    "is makedumpfile's PG_slab where no key names that, %s: %s",
    (shape, _, page, __, as) => {
      expect(decisionOn(SHAPES[shape], [[0, page]], keysOf(SHAPES[shape], true)).rule).toBe(as);
    },
  );
});
