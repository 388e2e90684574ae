import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { censusOf, sumOf } from '../../builders/census.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES, type ShapeName } from '../../builders/kernel-shapes.ts';
import type { PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION - 150;
const COUNT = 300;

/** Any struct page, sensible or not: on both sides of the end of a section. */
const spec: fc.Arbitrary<PageSpec> = fc.record(
  {
    flags: fc.subarray(['lru', 'private', 'swapcache', 'swapbacked', 'head'] as const),
    type: fc.oneof(fc.constantFrom('buddy' as const, -1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    mapping: fc.bigInt(0n, 3n),
    private: fc.bigInt(0n, 12n),
    tail: fc.boolean(),
    compound: fc.record({ order: fc.nat(20), hugetlb: fc.boolean() }),
  },
  { requiredKeys: [] },
);
const pages = fc.array(fc.tuple(fc.nat(COUNT - 1), spec), { maxLength: 80 });
const range = fc.tuple(fc.nat(COUNT - 1), fc.integer({ min: 1, max: 60 }));
const shape = fc.constantFrom<ShapeName>('4.18', '5.10', '6.3', '6.6', '6.9', '6.12', '7.1');

describe('a census of any memory', () => {
  test('counts each described page exactly once: classes, undecided and unclassified are the total', () => {
    fc.assert(
      fc.property(
        shape,
        pages,
        fc.array(range, { maxLength: 4 }),
        fc.array(range, { maxLength: 3 }),
        fc.nat(4),
        (name, specs, ram, absent, unmapped) => {
          const clip = ([start, count]: [number, number]) =>
            pfns(FIRST + start, Math.min(count, COUNT - start));
          const built = new BuiltKernel({
            shape: SHAPES[name],
            ram: [pfns(FIRST, 10), ...ram.map(clip)],
            undescribed: [pfns(FIRST, COUNT)],
            pages: specs.map(([offset, page]): [number, PageSpec] => [FIRST + offset, page]),
          });
          built.unmapStructPage(FIRST + unmapped * 64);
          built.memory.plan({ described: built.described, notStored: absent.map(clip) });
          const census = censusOf(built.open());
          const unclassified = [...census.unclassified.values()].reduce((sum, n) => sum + n, 0);
          const described = built.described.reduce((sum, r) => sum + (r.end - r.start) / 4096, 0);
          expect(census.total).toBe(described);
          expect(sumOf(census.counts) + census.undecided + unclassified).toBe(census.total);
        },
      ),
      { numRuns: 40 },
    );
  });
});
