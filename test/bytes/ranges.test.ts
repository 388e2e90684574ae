import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countOf,
  firstEndingAfter,
  mergeRanges,
  outsideOf,
  type Range,
  subtractRanges,
} from '../../src/bytes/ranges.ts';

const LIMIT = 48;
const range = fc
  .tuple(fc.integer({ min: 0, max: LIMIT }), fc.integer({ min: 0, max: 12 }))
  .map(([start, length]): Range => ({ start, end: start + length }));
const ranges = fc.array(range, { maxLength: 12 });

/** The numbers of ranges, one by one. */
function numbersOf(list: readonly Range[]): Set<number> {
  const numbers = new Set<number>();
  for (const { start, end } of list) for (let n = start; n < end; n++) numbers.add(n);
  return numbers;
}

/** Whether no range is empty and each ends before the next one starts. */
function areApart(list: readonly Range[]): boolean {
  return list.every(({ start, end }, i) => {
    const next = list[i + 1];
    return start < end && (next === undefined || end < next.start);
  });
}

describe('merged ranges', () => {
  it('join what overlaps, what touches and what lies inside another', () => {
    const list = [
      { start: 30, end: 40 },
      { start: 0, end: 10 },
      { start: 10, end: 12 },
      { start: 2, end: 5 },
      { start: 7, end: 7 },
    ];
    expect(mergeRanges(list)).toEqual([
      { start: 0, end: 12 },
      { start: 30, end: 40 },
    ]);
  });

  it('hold the same numbers as the original ranges, and do not touch', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const merged = mergeRanges(list);
        expect(numbersOf(merged)).toEqual(numbersOf(list));
        expect(areApart(merged)).toBe(true);
      }),
    );
  });

  it('leave the original ranges unchanged', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const before = structuredClone(list);
        mergeRanges(list);
        expect(list).toEqual(before);
      }),
    );
  });

  it('have as many numbers as are counted', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        expect(countOf(mergeRanges(list))).toBe(numbersOf(list).size);
      }),
    );
  });
});

describe('subtracted ranges', () => {
  it('hold every number of the first list that is not in the second', () => {
    fc.assert(
      fc.property(ranges, ranges, (from, taken) => {
        const left = subtractRanges(mergeRanges(from), mergeRanges(taken));
        const gone = numbersOf(taken);
        expect(numbersOf(left)).toEqual(new Set([...numbersOf(from)].filter((n) => !gone.has(n))));
        expect(areApart(left)).toBe(true);
      }),
    );
  });

  it('are the same as what lies outside a single range', () => {
    fc.assert(
      fc.property(ranges, range, (from, taken) => {
        fc.pre(taken.end > taken.start);
        const merged = mergeRanges(from);
        expect([...outsideOf(merged, taken)]).toEqual(subtractRanges(merged, [taken]));
      }),
    );
  });

  it('are cut where one taken range spans several of them', () => {
    const from = [
      { start: 0, end: 10 },
      { start: 20, end: 30 },
      { start: 40, end: 50 },
    ];
    expect(subtractRanges(from, [{ start: 5, end: 45 }])).toEqual([
      { start: 0, end: 5 },
      { start: 45, end: 50 },
    ]);
  });
});

describe('the first range that ends after a number', () => {
  it('is found anywhere, and is past the last range if there is none', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const merged = mergeRanges(list);
        for (let n = -1; n <= LIMIT + 13; n++) {
          const naive = merged.findIndex(({ end }) => end > n);
          expect(firstEndingAfter(merged, n)).toBe(naive < 0 ? merged.length : naive);
        }
      }),
    );
  });
});
