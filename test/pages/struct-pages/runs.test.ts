import { describe, expect, test } from 'vitest';
import { runsOf } from '../../../src/pages/struct-pages/runs.ts';
import { RUN_PAGES } from '../../../src/pages/struct-pages/struct-pages.ts';

const runs = (...ranges: [number, number][]) =>
  [...runsOf(ranges.map(([start, end]) => ({ start, end })))].map(({ pfn, count }) => [pfn, count]);

describe('runs of pfns', () => {
  test('end at the multiples of their length, wherever the range begins', () => {
    expect(runs([RUN_PAGES - 3, 2 * RUN_PAGES + 5])).toEqual([
      [RUN_PAGES - 3, 3],
      [RUN_PAGES, RUN_PAGES],
      [2 * RUN_PAGES, 5],
    ]);
  });

  test('never cross the end of a section', () => {
    expect(32768 % RUN_PAGES).toBe(0);
    expect(runs([32767, 32769])).toEqual([
      [32767, 1],
      [32768, 1],
    ]);
  });

  test('keep holes apart', () => {
    expect(runs([1, 4], [6, 7])).toEqual([
      [1, 3],
      [6, 1],
    ]);
  });

  test('are none if there is no range', () => {
    expect(runs()).toEqual([]);
  });
});
