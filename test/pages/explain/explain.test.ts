import { describe, expect, test } from 'vitest';
import { type ClassCounts, noPages } from '../../../src/pages/classify/page-class.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { censusOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const SHAPE = SHAPES['6.12'];
const USER: PageSpec = { mapping: ANON_MAPPING };
const UNWRITTEN: PageSpec = { type: 0, refcount: 0 };

const PAGES: [number, PageSpec][] = [
  [FIRST, { flags: ['lru'], mapping: 0x1234_5678n, refcount: 3 }],
  [FIRST + 1, { flags: ['lru', 'private'] }],
  [FIRST + 2, USER],
  [FIRST + 3, { flags: ['hwpoison'] }],
  [FIRST + 4, { type: 'offline' }],
  [FIRST + 5, { type: 'slab' }],
  ...buddy(FIRST + 8, 3),
  ...compound(FIRST + 16, 2, {}),
  ...buddy(FIRST + 21, 30),
  ...compound(FIRST + 32, 5, USER),
  ...hugetlb(SHAPE, FIRST + 64, 6),
];
const kernelOf = (plan: KernelPlan = {}) =>
  new BuiltKernel({ ram: [pfns(FIRST, 200)], pages: PAGES, ...plan });

describe('the explanation of a page', () => {
  const kernel = kernelOf().open();

  test.each([
    [0, 'cache', 'nonPrivateCache'],
    [1, 'privateCache', 'privateCache'],
    [2, 'anonymous', 'user'],
    [3, 'hwpoison', 'hwpoison'],
    [4, 'offline', 'offline'],
    [5, 'kernel', 'zero'],
    [8, 'buddy', 'free'],
    [16, 'kernel', 'zero'],
    [17, 'tail', 'zero'],
    [21, 'badOrder', 'zero'],
    [32, 'anonymous', 'user'],
    [64, 'hugetlb', 'user'],
    [150, 'kernel', 'zero'],
  ])('%d pages after the first names the rule %s and the class %s', (offset, rule, is) => {
    expect(explainPage(kernel, FIRST + offset)).toMatchObject({ rule, class: is, decidedBy: null });
  });

  test.each([
    [15, FIRST + 8, 'buddy'],
    [33, FIRST + 32, 'anonymous'],
    [63, FIRST + 32, 'anonymous'],
    [127, FIRST + 64, 'hugetlb'],
  ])('%d pages after the first names the head that decided', (offset, decidedBy, rule) => {
    expect(explainPage(kernel, FIRST + offset)).toMatchObject({ decidedBy, rule });
  });

  test('decodes the struct page', () => {
    const { structPage, section } = explainPage(kernel, FIRST);
    expect(section).toBe(1);
    expect(structPage).toEqual({
      address: 0xffff_ea00_0020_0000n,
      flags: 32n,
      flagNames: ['PG_lru'],
      _refcount: 3,
      _mapcount: -1,
      pageType: null,
      mapping: 0x1234_5678n,
      private: 0n,
      compound: 0n,
      order: 0,
    });
  });

  test.each([
    [4, 'offline'],
    [5, 'slab'],
    [8, 'buddy'],
    [64, 'hugetlb'],
    [2, null],
  ])('%d pages after the first has the page type %s', (offset, pageType) => {
    expect(explainPage(kernel, FIRST + offset).structPage?.pageType).toBe(pageType);
  });

  test('names PG_head and the order of a head', () => {
    const { structPage } = explainPage(kernel, FIRST + 32);
    expect(structPage).toMatchObject({ order: 5, flagNames: ['PG_head'] });
  });

  test('tells contents that are zero from those that are not', () => {
    const built = kernelOf();
    built.memory.write((FIRST + 150) * 4096 + 4095, Uint8Array.of(1));
    const opened = built.open();
    expect(explainPage(opened, FIRST + 150)).toMatchObject({
      zero: false,
      class: 'kernelData',
      contents: 'stored',
    });
    expect(explainPage(opened, FIRST + 2)).toMatchObject({ zero: true, class: 'user' });
  });

  test('still decodes a struct page when an unknown flag in VMCOREINFO is malformed', () => {
    const opened = kernelOf({ keys: { 'NUMBER(PG_novel)': 'what' } }).open();
    expect(explainPage(opened, FIRST)).toMatchObject({ structPageError: null, rule: 'cache' });
  });
});

describe('the explanation of a page that the dump does not have whole', () => {
  test.each(['notStored', 'truncated', 'unreadable'] as const)('says that its contents are %s', (absence) => {
    const opened = kernelOf({ [absence]: [pfns(FIRST, 200)] }).open();
    expect(explainPage(opened, FIRST + 2)).toMatchObject({ contents: absence, zero: null, class: 'user' });
    expect(explainPage(opened, FIRST + 150)).toMatchObject({ contents: absence, zero: null, class: null });
  });

  test('says why its struct page cannot be read', () => {
    const built = kernelOf();
    built.unmapStructPage(FIRST + 128);
    const found = explainPage(built.open(), FIRST + 130);
    expect(found).toMatchObject({ rule: 'unreadable', class: null, structPage: null });
    expect(found.structPageError).toContain('not mapped');
  });

  test('goes by its contents without a struct page', () => {
    const opened = kernelOf({ sections: { absent: [1] }, pages: [] }).open();
    expect(explainPage(opened, FIRST + 2)).toMatchObject({
      rule: 'noStructPage',
      class: 'zero',
      structPage: null,
      structPageError: null,
    });
  });

  test('is an error with its physical address when the dump knows nothing of it', () => {
    const pages: [number, PageSpec][] = [...PAGES, [FIRST + 200, UNWRITTEN]];
    const failure = failureOf(() => explainPage(kernelOf({ pages }).open(), FIRST + 200));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: BigInt(FIRST + 200) * 4096n } });
  });
});

describe('explanations and a census', () => {
  /** The classes of all described pages by their explanations, and how many are of unknown class. */
  function explained(built: BuiltKernel): { counts: ClassCounts; unknown: number } {
    const kernel = built.open();
    const counts = noPages();
    let unknown = 0;
    for (const { start, end } of built.described) {
      for (let pfn = start / 4096; pfn < end / 4096; pfn++) {
        const { class: is } = explainPage(kernel, pfn);
        if (is) counts[is]++;
        else unknown++;
      }
    }
    return { counts, unknown };
  }

  test('agree on every page', () => {
    const built = kernelOf();
    built.memory.write((FIRST + 150) * 4096, Uint8Array.of(1));
    expect(explained(built)).toEqual({ counts: censusOf(built.open()).counts, unknown: 0 });
  });

  test('agree on every page where some are unknown', () => {
    const built = kernelOf({ notStored: [pfns(FIRST + 140, 20)] });
    built.unmapStructPage(FIRST + 64);
    const census = censusOf(built.open());
    expect(explained(built)).toEqual({ counts: census.counts, unknown: 20 + 64 });
  });

  test('agree after struct pages that cannot be read, where another run had a free block at the same place', () => {
    const built = kernelOf({ ram: [pfns(FIRST, 8192)], pages: buddy(FIRST + 1024, 10) });
    built.unmapStructPage(FIRST + 4096 + 1024);
    expect(censusOf(built.open()).counts.free).toBe(1024);
    expect(explainPage(built.open(), FIRST + 4096 + 1200)).toMatchObject({ rule: 'kernel', class: 'zero' });
  });

  test('agree on the pages of a head: it speaks for those too whose own struct pages cannot be read', () => {
    const built = kernelOf({ ram: [pfns(FIRST, 8192)], pages: compound(FIRST, 13, USER).slice(0, 2) });
    built.unmapStructPage(FIRST + 4032);
    const census = censusOf(built.open());
    expect(census.counts.user).toBe(8192);
    expect(census.unclassified.size).toBe(0);
    for (const pfn of [FIRST + 4040, FIRST + 5000]) {
      expect(explainPage(built.open(), pfn)).toMatchObject({ class: 'user', decidedBy: FIRST });
    }
  });
});

describe('the explanation of a page that the dump does not cover', () => {
  const AWAY = FIRST + 4096;
  const opened = kernelOf({
    undescribed: [pfns(AWAY, 64)],
    pages: [
      ...PAGES,
      [AWAY + 2, USER],
      ...buddy(AWAY + 8, 3),
      [AWAY + 11, { refcount: 0 }],
      [AWAY + 20, {}],
      [AWAY + 30, UNWRITTEN],
    ],
  }).open();

  test.each([
    [2, 'anonymous', 'user', null],
    [8, 'buddy', 'free', null],
    [11, 'buddy', 'free', AWAY + 8],
    [20, 'kernel', null, null],
  ])('%d pages after its first is explained by its struct page', (offset, rule, is, decidedBy) => {
    expect(explainPage(opened, AWAY + offset)).toMatchObject({
      rule,
      decidedBy,
      class: is,
      contents: 'hole',
      zero: null,
    });
  });

  test('cannot be where nothing is in the place of the struct page', () => {
    const failure = failureOf(() => explainPage(opened, AWAY + 30));
    expect(failure).toMatchObject({ kind: 'notStored', facts: { address: BigInt(AWAY + 30) * 4096n } });
    expect(failure.message).toMatch(
      /is in no segment of the dump, and there is no struct page where its own should be.*: _mapcount 0, _refcount 0/,
    );
  });
});
