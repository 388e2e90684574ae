import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partition, SPAN_PAGES } from '../../../src/pages/census/partition.ts';
import { Scan } from '../../../src/pages/census/scan.ts';
import { addTallies, type Tally } from '../../../src/pages/census/tally.ts';
import { BuiltKernel, pfns } from '../../builders/kernel.ts';
import { BuiltMemory } from '../../builders/memory.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';
import { emptyTally } from '../../support/empty-tally.ts';

const spansOf = (...ranges: [number, number][]) => {
  const { spans, pages } = partition(
    new BuiltMemory({ described: ranges.map(([first, count]) => pfns(first, count)) }),
  );
  return { spans: [...spans], pages };
};

describe('the partition of a memory', () => {
  test('has each span that any page lies in, once, and counts the pages', () => {
    const ranges: [number, number][] = [
      [0, 10],
      [20, 10],
      [3 * SPAN_PAGES - 5, 6],
      [7 * SPAN_PAGES, 1],
    ];
    expect(spansOf(...ranges)).toEqual({ spans: [0, 2, 3, 7], pages: 27 });
  });

  test('ends with the last page of a span', () => {
    expect(spansOf([SPAN_PAGES, SPAN_PAGES])).toEqual({ spans: [1], pages: SPAN_PAGES });
  });

  test('of no memory is empty', () => {
    expect(spansOf()).toEqual({ spans: [], pages: 0 });
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
function dealt(built: BuiltKernel, deal: readonly number[], hands: number): Tally {
  const kernel = built.open();
  const scans = Array.from({ length: hands }, () => new Scan(kernel, []));
  const { spans } = partition(kernel.image.memory);
  spans.forEach((span, i) => {
    scans[(deal[i] ?? 0) % hands]?.span(span, () => {});
  });
  return scans.map((scan) => scan.tally).reduce(addTallies, emptyTally());
}

describe('the spans of a memory', () => {
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
