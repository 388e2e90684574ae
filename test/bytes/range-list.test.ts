import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeCollector, RangeList } from '../../src/bytes/range-list.ts';
import { clipRanges, countOf, mergeRanges, type Range, subtractRanges } from '../../src/bytes/ranges.ts';

const anyRanges = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8 }))
    .map(([start, length]): Range => ({ start, end: start + length })),
  { maxLength: 12 },
);

/** The same union, computed in another way. */
function unionOf(ranges: readonly Range[]): RangeList {
  const collector = new RangeCollector();
  for (const { start, end } of ranges) collector.add(start, end);
  return collector.union();
}

describe('a list of ranges', () => {
  it('has all numbers of the collected ranges, as ranges that do not touch', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const union = unionOf(ranges);
        const merged = mergeRanges(ranges);
        expect([...union]).toEqual(merged);
        expect([union.length, union.total]).toEqual([merged.length, countOf(merged)]);
        for (let n = 0; n < 50; n++)
          expect(union.has(n)).toBe(merged.some(({ start, end }) => n >= start && n < end));
      }),
    );
  });

  it('can be clipped, and another list can be subtracted', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, fc.nat(50), fc.integer({ min: 1, max: 50 }), (a, b, from, length) => {
        const [one, other] = [mergeRanges(a), mergeRanges(b)];
        const to = from + length;
        expect([...unionOf(a).clip(from, to)]).toEqual([...clipRanges(one, from, to)]);
        expect([...unionOf(a).without(unionOf(b))]).toEqual(subtractRanges(one, other));
      }),
    );
  });

  it('merges a range that touches its last range', () => {
    const list = new RangeList();
    for (let i = 0; i < 1000; i++) list.add(10 * i, 10 * i + 10);
    list.add(20_000, 20_001);
    expect([...list]).toEqual([
      { start: 0, end: 10_000 },
      { start: 20_000, end: 20_001 },
    ]);
  });
});
