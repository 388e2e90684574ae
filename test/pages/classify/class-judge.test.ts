import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassJudge } from '../../../src/pages/classify/class-judge.ts';
import type { RuleExtents } from '../../../src/pages/classify/rule-extents.ts';
import { RULES } from '../../../src/pages/classify/rules.ts';
import { Walk } from '../../../src/pages/walk/walk.ts';
import { keysOf } from '../../builders/decide.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';
import { WrittenStructPages } from '../../builders/written-struct-pages.ts';

const SHAPE = SHAPES['6.12'];
const KEYS = keysOf(SHAPE);
type Block = [pfn: number, pages: number, flagsHigh: number, unaccepted: boolean];

/** The rules of the pages of all runs, by name, and the free blocks that were reported. */
function classify(pages: Iterable<[number, PageSpec]>, runs: readonly [pfn: number, count: number][]) {
  const free: Block[] = [];
  const { walk, extents } = walking(pages, (...block) => free.push(block));
  const rules = runs.flatMap(([pfn, count]) => {
    extents.clear();
    walk.run(pfn, count);
    return ruleNames(extents);
  });
  return { rules, free };
}

function walking(pages: Iterable<[number, PageSpec]>, onFree: (...block: Block) => void = () => {}) {
  const judge = new ClassJudge(KEYS, onFree);
  return { walk: new Walk(new WrittenStructPages(SHAPE, pages), KEYS, judge), extents: judge.extents };
}

/** The name of each page's rule. */
function ruleNames({ length, rules, ends }: RuleExtents): (string | undefined)[] {
  const extents = Array.from({ length }, (_, k) => ({
    rule: rules[k] ?? 0,
    from: ends[k - 1] ?? 0,
    to: ends[k] ?? 0,
  }));
  return extents.flatMap(({ rule, from, to }) => times(to - from, RULES[rule]?.name));
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('a head that is excluded', () => {
  test('speaks for all of its pages and for none after them', () => {
    const { rules } = classify(hugetlb(SHAPE, 8, 2), [[7, 6]]);
    expect(rules).toEqual(['kernel', ...times(4, 'hugetlb'), 'kernel']);
  });

  test('speaks for them over the end of a run', () => {
    const { rules } = classify(buddy(8, 3), [
      [6, 5],
      [11, 8],
    ]);
    expect(rules).toEqual(['kernel', 'kernel', ...times(8, 'buddy'), ...times(3, 'kernel')]);
  });

  test('speaks for them over a whole run and a hole', () => {
    const runs: [number, number][] = [
      [16, 2],
      [20, 4],
      [30, 4],
    ];
    const { rules } = classify(buddy(16, 4), runs);
    expect(rules).toEqual([...times(8, 'buddy'), ...times(2, 'kernel')]);
  });

  test('is one extent, however many pages it speaks for', () => {
    const { walk, extents } = walking([...buddy(32, 5), ...buddy(64, 5)]);
    walk.run(32, 64);
    expect([extents.length, extents.pages]).toEqual([1, 64]);
  });

  test('leaves the page after its last to itself, when that is a head again', () => {
    const { rules } = classify([...buddy(8, 1), ...buddy(10, 0), ...buddy(12, 2)], [[8, 8]]);
    expect(rules).toEqual([...times(3, 'buddy'), 'kernel', ...times(4, 'buddy')]);
  });

  test('speaks for what looks like another head among its pages', () => {
    const pages: [number, PageSpec][] = [
      ...compound(16, 4, { mapping: ANON_MAPPING }),
      [24, { flags: ['lru'] }],
    ];
    expect(classify(pages, [[16, 16]]).rules).toEqual(times(16, 'anonymous'));
  });
});

describe('a head that is kept', () => {
  test('speaks for itself alone, and its tails say that they are tails', () => {
    const { rules } = classify(compound(8, 2, {}), [[8, 5]]);
    expect(rules).toEqual(['kernel', 'tail', 'tail', 'tail', 'kernel']);
  });

  test('of a bad order leaves the pages after it to themselves', () => {
    const pages: [number, PageSpec][] = [...buddy(8, 60), [9, { flags: ['lru'] }]];
    expect(classify(pages, [[8, 3]]).rules).toEqual(['badOrder', 'cache', 'kernel']);
  });
});

describe('free blocks', () => {
  test('are reported once each, with their head, their pages, the node in its flags and their kind', () => {
    const pages: [number, PageSpec][] = [
      [8, { type: 'buddy', private: 3n, flagsHigh: 0x0400_0000 }],
      [16, { type: 'buddy', private: 0n }],
    ];
    const runs: [number, number][] = [
      [8, 4],
      [12, 8],
    ];
    expect(classify(pages, runs).free).toEqual([
      [8, 8, 0x0400_0000, false],
      [16, 1, 0, false],
    ]);
  });

  test('are not reported when there is no such order, or when they are not free blocks', () => {
    const pages: [number, PageSpec][] = [
      ...buddy(8, 11),
      ...hugetlb(SHAPE, 16, 2),
      [20, { type: 'offline' }],
    ];
    expect(classify(pages, [[8, 16]]).free).toEqual([]);
  });
});

describe('any struct pages', () => {
  const spec: fc.Arbitrary<PageSpec> = fc.oneof(
    fc.record({ type: fc.constant('buddy' as const), private: fc.bigInt(0n, 12n) }),
    fc.record({ type: fc.constantFrom('offline' as const, 'slab' as const, -1) }),
    fc.record({ flags: fc.subarray(['lru', 'private', 'swapcache', 'swapbacked', 'hwpoison'] as const) }),
    fc.record({ flags: fc.constant(['head'] as const), mapping: fc.constant(ANON_MAPPING) }),
    fc.record({ tail: fc.constant(true), compound: fc.record({ order: fc.nat(20), hugetlb: fc.boolean() }) }),
  );
  const pages = fc.array(fc.tuple(fc.nat(299), spec), { maxLength: 60 });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 299 }), { maxLength: 12 });

  test('are decided the same however they are cut into runs', () => {
    fc.assert(
      fc.property(pages, cuts, (specs, at) => {
        const borders = [0, ...[...at].sort((a, b) => a - b), 300];
        const runs = borders.slice(1).map((end, i): [number, number] => {
          const start = borders[i] ?? 0;
          return [start, end - start];
        });
        expect(classify(specs, runs)).toEqual(classify(specs, [[0, 300]]));
      }),
      { numRuns: 60 },
    );
  });
});
