import { describe, expect, test } from 'vitest';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { censusOf, countsWith } from '../../builders/census.ts';
import { BuiltKernel, pfns } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import { compound } from '../../builders/struct-page.ts';

/** 1 GiB: 2^18 pages, eight sections of 2^15. */
const GIGANTIC = 2 ** 18;
const A_VMEMMAP_PAGE = 64;

/**
 * A huge page of 1 GiB whose vmemmap is optimised (HVO, 5.18 to 7.0): all of its pages of the vmemmap are one
 * and the same, so that the struct page of every 64th pfn looks like the head.
 */
function optimised(): BuiltKernel {
  const head = compound(GIGANTIC, 18, { type: 'hugetlb' }, true).slice(0, A_VMEMMAP_PAGE);
  const built = new BuiltKernel({ ram: [pfns(GIGANTIC, GIGANTIC)], pages: head });
  const backing = built.vmemmapBacking(built.structPageAt(GIGANTIC));
  for (let i = A_VMEMMAP_PAGE; i < GIGANTIC; i += A_VMEMMAP_PAGE) {
    built.tables.map(built.structPageAt(GIGANTIC + i), backing, KIB4);
  }
  return built;
}

describe('the fake heads of an optimised huge page of 1 GiB', () => {
  const built = optimised();

  test('are counted once, as the pages that they are, by default', () => {
    const census = censusOf(built.open());
    expect(census.counts).toEqual(countsWith(built, { user: GIGANTIC }));
    expect(census.total).toBe(built.own.pages + GIGANTIC);
  });

  test('are counted once more in each of the later seven sections by makedumpfile', () => {
    const { counts } = takeCompatCensus(built.open());
    // 32768 / 64 = 512 fake heads a section: misaligned to their order, each is a page of its own.
    expect(counts.user).toBe(GIGANTIC + 7 * 512);
    expect(counts.zero).toBe(built.own.zero);
  });
});
