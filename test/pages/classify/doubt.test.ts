import { describe, expect, test } from 'vitest';
import { takeCensus } from '../../../src/pages/census/census.ts';
import { Doubt } from '../../../src/pages/classify/doubt.ts';
import { Rule } from '../../../src/pages/classify/rules.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { ANON_MAPPING, buddy, compound, type PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const USER: PageSpec = { mapping: ANON_MAPPING };

describe('pages behind struct pages that were lost', () => {
  const lostUntil = (pfn: number) => {
    const doubt = new Doubt(11);
    doubt.missed(pfn);
    return doubt;
  };

  test('may be free up to where the largest block would end', () => {
    expect(lostUntil(64).until(Rule.kernel, 64, 100)).toBe(100);
    expect(lostUntil(64).until(Rule.kernel, 64, 4000)).toBe(1024);
    expect(lostUntil(1024).until(Rule.kernel, 1024, 1100)).toBe(1024);
  });

  test('are not, from the first page on that is in no free block', () => {
    for (const rule of [Rule.anonymous, Rule.buddy, Rule.cache, Rule.offline, Rule.noStructPage]) {
      const doubt = lostUntil(64);
      expect(doubt.until(rule, 64, 70)).toBe(64);
      expect([doubt.isActive, doubt.until(Rule.kernel, 70, 200)]).toEqual([false, 70]);
    }
  });

  test('may be tails of a compound, as far as there are tails', () => {
    const doubt = lostUntil(64);
    expect(doubt.until(Rule.tail, 64, 5000)).toBe(5000);
    expect(doubt.until(Rule.tail, 5000, 6000)).toBe(6000);
    expect(doubt.until(Rule.kernel, 6000, 6001)).toBe(6000);
    expect(doubt.until(Rule.tail, 6001, 6010)).toBe(6001);
  });
});

describe('a census without some struct pages', () => {
  /** 4096 pages of RAM, and a dump that lacks the struct pages of 64 of them. */
  function kernelWithout(pfn: number, plan: KernelPlan): BuiltKernel {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 4096)], ...plan });
    built.setPage(pfn, plan.pages ? ([...plan.pages].find(([at]) => at === pfn)?.[1] ?? {}) : {});
    const at = built.vmemmapBacking(built.structPageAt(pfn));
    built.memory.plan({ described: built.described, notStored: [{ start: at, end: at + 4096 }] });
    return built;
  }

  test('does not take the rest of a free block for pages of zeros', () => {
    const built = kernelWithout(FIRST + 1024, { pages: buddy(FIRST + 1024, 10) });
    const census = takeCensus(built.open());
    expect([...census.unclassified.values()]).toEqual([64, 960]);
    expect(census.counts.zero).toBeLessThanOrEqual(4096 - 1024 + built.own.zero);
    expect(explainPage(built.open(), FIRST + 1500)).toMatchObject({
      rule: 'headUnread',
      class: null,
      decidedBy: null,
    });
    expect(explainPage(built.open(), FIRST + 2048)).toMatchObject({ rule: 'kernel', class: 'zero' });
  });

  test('does not take the rest of a huge page for kernel data', () => {
    const built = kernelWithout(FIRST + 512, { pages: compound(FIRST + 512, 9, USER) });
    const census = takeCensus(built.open());
    expect([...census.unclassified.values()].reduce((sum, n) => sum + n, 0)).toBe(512);
    // The page that holds the lost struct pages is lost itself.
    expect(census.counts.kernelData).toBe(built.own.kernelData - 1);
  });

  test('trusts what stands behind pages whose struct pages were never there', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 4096)] });
    built.unmapStructPage(FIRST + 1024);
    expect([...takeCensus(built.open()).unclassified]).toEqual([['the struct pages are not mapped', 64]]);
  });
});
