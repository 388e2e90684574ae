import { describe, expect, test } from 'vitest';
import { UseJudge } from '../../../src/pages/attribution/use-judge.ts';
import { ClassJudge } from '../../../src/pages/classify/class-judge.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { factsOf } from '../../../src/pages/struct-pages/page-facts.ts';
import { Evidence } from '../../../src/pages/walk/judge.ts';
import { LostHeads } from '../../../src/pages/walk/lost-heads.ts';
import { censusOf } from '../../builders/census.ts';
import { keysOf } from '../../builders/decide.ts';
import { BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import {
  ANON_MAPPING,
  buddy,
  compound,
  FILE_MAPPING,
  type PageSpec,
  pageWords,
} from '../../builders/struct-page.ts';
import { useKeysOf } from '../../builders/use-keys.ts';

const FIRST = PAGES_PER_SECTION;
const USER: PageSpec = { mapping: ANON_MAPPING };

describe('pages after struct pages that were lost', () => {
  const lostUntil = (pfn: number) => {
    const lost = new LostHeads(11);
    lost.missed(pfn);
    return lost;
  };
  /** Up to which pfn pages that prove the same may belong to a lost block. */
  const reach = (lost: LostHeads, evidence: Evidence, start: number, end: number) => {
    let at = start;
    while (at < end && lost.mayBe && lost.mayHave(at, evidence)) at++;
    return at;
  };

  test('may be free up to where the largest block would end', () => {
    expect(reach(lostUntil(64), Evidence.none, 64, 100)).toBe(100);
    expect(reach(lostUntil(64), Evidence.none, 64, 4000)).toBe(1024);
    expect(reach(lostUntil(1024), Evidence.none, 1024, 1100)).toBe(1024);
  });

  test('are not, from the first page on that is in no free block', () => {
    const lost = lostUntil(64);
    expect(reach(lost, Evidence.itself, 64, 70)).toBe(64);
    expect([lost.mayBe, reach(lost, Evidence.none, 70, 200)]).toEqual([false, 70]);
  });

  test('may be tails of a compound, as far as there are tails', () => {
    const lost = lostUntil(64);
    expect(reach(lost, Evidence.tail, 64, 5000)).toBe(5000);
    expect(reach(lost, Evidence.tail, 5000, 6000)).toBe(6000);
    expect(reach(lost, Evidence.none, 6000, 6001)).toBe(6000);
    expect(reach(lost, Evidence.tail, 6001, 6010)).toBe(6001);
  });

  test('are not, once it is known that no lost block reaches so far', () => {
    const lost = lostUntil(64);
    lost.end();
    expect(lost.mayBe).toBe(false);
  });
});

describe.each([
  ['class', new ClassJudge(keysOf(SHAPES['6.12']))],
  ['use', new UseJudge(useKeysOf(SHAPES['6.12']))],
])('what a page proves, by its %s', (_, judge) => {
  test.each([
    ['nothing', {}, Evidence.none],
    ['that it is in a compound', { tail: true }, Evidence.tail],
    ['that it is anonymous', { mapping: ANON_MAPPING }, Evidence.itself],
    ['that it is free', { type: 'buddy', private: 3n }, Evidence.itself],
    ['that it is page cache', { flags: ['lru'], mapping: FILE_MAPPING }, Evidence.itself],
    ['that it is offline', { type: 'offline' }, Evidence.itself],
  ] as [string, PageSpec, Evidence][])('%s', (_, spec, evidence) => {
    const words = pageWords(SHAPES['6.12'], 1024, 1, new Map([[1024, spec]]));
    const keys = keysOf(SHAPES['6.12']);
    expect(judge.evidence(words, 0, factsOf(words, 0, keys))).toBe(evidence);
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
    const census = censusOf(built.open());
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
    const census = censusOf(built.open());
    expect([...census.unclassified.values()].reduce((sum, n) => sum + n, 0)).toBe(512);
    // The page that holds the lost struct pages is lost itself.
    expect(census.counts.kernelData).toBe(built.own.kernelData - 1);
  });

  test('trusts pages after those whose struct pages were never there', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 4096)] });
    built.unmapStructPage(FIRST + 1024);
    expect([...censusOf(built.open()).unclassified]).toEqual([['the struct pages are not mapped', 64]]);
  });
});
