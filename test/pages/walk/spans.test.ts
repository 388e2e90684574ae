import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClassScan } from '../../../src/pages/classify/class-scan.ts';
import { addClassTallies, type ClassTally } from '../../../src/pages/classify/class-tally.ts';
import { SPAN_PAGES, spansOf } from '../../../src/pages/walk/spans.ts';
import { BuiltKernel, pfns } from '../../builders/kernel.ts';
import { BuiltMemory } from '../../builders/memory.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';
import { emptyTally } from '../../support/empty-tally.ts';

const numbersOf = (...ranges: [number, number][]) => {
  const { numbers, pages } = spansOf(
    new BuiltMemory({ described: ranges.map(([first, count]) => pfns(first, count)) }),
  );
  return { spans: [...numbers], pages };
};

describe('the spans of a memory', () => {
  test('are those that any page lies in, once, and their pages are counted', () => {
    const ranges: [number, number][] = [
      [0, 10],
      [20, 10],
      [3 * SPAN_PAGES - 5, 6],
      [7 * SPAN_PAGES, 1],
    ];
    expect(numbersOf(...ranges)).toEqual({ spans: [0, 2, 3, 7], pages: 27 });
  });

  test('end with the last page of a span', () => {
    expect(numbersOf([SPAN_PAGES, SPAN_PAGES])).toEqual({ spans: [1], pages: SPAN_PAGES });
  });

  test('are none for no memory', () => {
    expect(numbersOf()).toEqual({ spans: [], pages: 0 });
  });
});

/** Blocks on both sides of where spans meet; those that no kernel writes would reach over it. */
const FIRST = 2 * SPAN_PAGES;
const MEETING = FIRST + SPAN_PAGES;
const AROUND = [pfns(FIRST, 1500), pfns(MEETING - 1500, 3000), pfns(MEETING + SPAN_PAGES - 700, 1400)];

const block: fc.Arbitrary<(shape: BuiltKernel['shape']) => [number, PageSpec][]> = fc
  .record({
    base: fc.constantFrom(FIRST, MEETING, MEETING + SPAN_PAGES),
    offset: fc.integer({ min: -600, max: 600 }),
    order: fc.nat(10),
    aligned: fc.boolean(),
    kind: fc.constantFrom('buddy', 'anonymous', 'cache', 'hugetlb'),
  })
  .map(({ base, offset, order, aligned, kind }) => (shape) => {
    const pfn = base + Math.max(0, offset - (aligned ? offset % 2 ** order : 0));
    if (kind === 'buddy') return buddy(pfn, order);
    if (kind === 'hugetlb') return hugetlb(shape, pfn, order);
    const head: PageSpec = kind === 'cache' ? { flags: ['lru'] } : { mapping: ANON_MAPPING };
    return order === 0 ? [[pfn, head]] : compound(pfn, Math.min(order, 5), head);
  });

/** What the scans find together when the spans are dealt out among them. */
function dealt(built: BuiltKernel, deal: readonly number[], hands: number): ClassTally {
  const kernel = built.open();
  const scans = Array.from({ length: hands }, () => new ClassScan(kernel, []));
  const { numbers } = spansOf(kernel.image.memory);
  numbers.forEach((span, i) => {
    scans[(deal[i] ?? 0) % hands]?.span(span, () => {});
  });
  return scans.map((scan) => scan.tally).reduce(addClassTallies, emptyTally());
}

describe('scans of spans', () => {
  test('add up to the same, whoever looks at which of them', () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 25 }),
        fc.array(fc.nat(7), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(2, 3, 8),
        (blocks, deal, hands) => {
          const probe = new BuiltKernel();
          const pages = blocks
            .flatMap((make) => make(probe.shape))
            .filter(([pfn]) => pfn < MEETING + SPAN_PAGES + 600);
          const built = new BuiltKernel({ ram: AROUND, pages });
          built.unmapStructPage(MEETING + 128);
          expect(dealt(built, deal, hands)).toEqual(dealt(built, [], 1));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('keep to themselves a block that no kernel has: one that would reach over their end', () => {
    const built = new BuiltKernel({ ram: AROUND, pages: buddy(MEETING - 3, 3) });
    const tally = dealt(built, [], 1);
    expect(tally.rules[4]).toBe(3);
  });
});
