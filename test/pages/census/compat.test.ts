import { describe, expect, test } from 'vitest';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { censusOf, countsWith, sumOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, IMAGE_BYTES, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { SECTION_FLAGS } from '../../builders/sections.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
/** The image is in a LOAD of its own and in that of its RAM. */
const IMAGE_PAGES = IMAGE_BYTES / 4096;
const USER: PageSpec = { mapping: ANON_MAPPING };
const kernelOf = (plan: KernelPlan) => new BuiltKernel({ ram: [pfns(FIRST, 1024)], ...plan });

describe("makedumpfile's total", () => {
  test('counts the pages of every LOAD, so those of the image twice, and puts them into KERN_DATA', () => {
    const built = kernelOf({ pages: buddy(FIRST, 4) });
    const compat = takeCompatCensus(built.open());
    expect(compat.total).toBe(built.own.pages + 1024 + IMAGE_PAGES);
    const once = countsWith(built, { free: 16, zero: 1008 });
    expect(compat.counts).toEqual({ ...once, kernelData: once.kernelData + IMAGE_PAGES });
    expect(sumOf(compat.counts)).toBe(compat.total);
  });

  test('leaves the rows of classes as they are without such quirks', () => {
    const pages: [number, PageSpec][] = [
      [FIRST, { flags: ['lru'] }],
      [FIRST + 1, { flags: ['lru', 'private'] }],
      [FIRST + 2, { flags: ['hwpoison'] }],
      [FIRST + 3, { type: 'offline' }],
      ...hugetlb(SHAPES['6.12'], FIRST + 512, 9),
      ...compound(FIRST + 16, 2, USER),
    ];
    const kernel = kernelOf({ pages }).open();
    const { kernelData: _, ...compat } = takeCompatCensus(kernel).counts;
    const { kernelData: __, ...truth } = censusOf(kernel).counts;
    expect(compat).toEqual(truth);
    expect(compat).toMatchObject({ nonPrivateCache: 1, privateCache: 1, hwpoison: 1, offline: 1, user: 516 });
  });
});

describe("makedumpfile's counting of ranges", () => {
  test('adds the pages of a compound that lie in a hole, which the truth does not', () => {
    const ram = [pfns(FIRST, 100), pfns(FIRST + 200, 312)];
    const kernel = kernelOf({ ram, pages: compound(FIRST, 9, USER) }).open();
    expect(takeCompatCensus(kernel).counts.user).toBe(512);
    expect(censusOf(kernel).counts.user).toBe(412);
  });

  test('does not look for zeros in what a head after the end of a section excludes', () => {
    // A block that is not aligned reaches over the end of section 1: its pages in section 2 are looked at
    // again.
    const last = 2 * FIRST - 8;
    const built = kernelOf({ ram: [pfns(last, 24)], pages: buddy(last, 4) });
    const compat = takeCompatCensus(built.open());
    expect(compat.counts.free).toBe(16);
    expect(compat.counts.zero).toBe(built.own.zero + 8);
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 16, zero: 8 }));
  });

  test('counts a page after the end of a section again, if it is excluded by itself', () => {
    const last = 2 * FIRST - 8;
    const pages: [number, PageSpec][] = [...buddy(last, 4), [2 * FIRST + 1, { flags: ['lru'] }]];
    const built = kernelOf({ ram: [pfns(last, 24)], pages });
    expect(takeCompatCensus(built.open()).counts).toMatchObject({ free: 16, nonPrivateCache: 1 });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 16, zero: 8 }));
  });

  test('does so where the first pages of that section are a hole, too', () => {
    const last = 2 * FIRST - 8;
    const pages: [number, PageSpec][] = [...buddy(last, 4), [2 * FIRST + 3, { flags: ['lru'] }]];
    const built = kernelOf({ ram: [pfns(last, 8), pfns(2 * FIRST + 2, 14)], pages });
    expect(takeCompatCensus(built.open()).counts).toMatchObject({ free: 16, nonPrivateCache: 1 });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 14, zero: 8 }));
  });
});

describe('a section whose flag bit 5 is set', () => {
  const flags = { 1: 1 | 2 | SECTION_FLAGS.IS_ONLINE | SECTION_FLAGS.IS_VMEMMAP_PREINIT };
  const pages = Array.from({ length: 1024 }, (_, i): [number, PageSpec] => [FIRST + i, USER]);

  test('is read right by default', () => {
    const built = kernelOf({ sections: { flags }, pages });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 1024 }));
  });

  test('is read half a struct page off by makedumpfile, which then sees no mapping', () => {
    const built = kernelOf({ sections: { flags }, pages });
    const { counts } = takeCompatCensus(built.open());
    expect(counts.user).toBe(0);
    expect(counts.zero).toBe(built.own.zero + 1024);
  });
});

describe('a dump that makedumpfile would not get through', () => {
  test('is refused when the file is cut short', () => {
    const built = kernelOf({ truncated: [pfns(FIRST + 1000, 24)] });
    const failure = failureOf(() => takeCompatCensus(built.open()));
    expect(failure).toMatchObject({ kind: 'notStored' });
    expect(failure.facts.hint).toContain('without --compat');
  });

  test('is refused when struct pages are missing', () => {
    const built = kernelOf({});
    built.unmapStructPage(FIRST + 128);
    const failure = failureOf(() => takeCompatCensus(built.open()));
    expect(failure.kind).toBe('notStored');
    expect(failure.message).toContain(`${FIRST + 128}`);
  });

  test('is refused when contents cannot be read', () => {
    const built = kernelOf({ unreadable: [pfns(FIRST + 5, 2)] });
    const failure = failureOf(() => takeCompatCensus(built.open()));
    expect(failure.kind).toBe('notStored');
    expect(failure.message).toContain('2 pages');
  });
});

describe('pages that a filter excluded before', () => {
  test('are holes for makedumpfile: no rule is put to them', () => {
    const pages = Array.from({ length: 1024 }, (_, i): [number, PageSpec] => [FIRST + i, USER]);
    const built = kernelOf({ notStored: [pfns(FIRST, 1000)], pages });
    expect(takeCompatCensus(built.open()).counts.user).toBe(24);
    expect(censusOf(built.open()).counts.user).toBe(1024);
  });

  test('are classified by their contents without a struct page', () => {
    const built = kernelOf({ sections: { absent: [1] } });
    built.memory.write(FIRST * 4096, Uint8Array.of(1));
    expect(takeCompatCensus(built.open()).counts.zero).toBe(built.own.zero + 1023);
  });
});
