import { describe, expect, test } from 'vitest';
import { BARS, dropped, numbers, type Table, table } from '../../../src/report/view.ts';
import { textOf } from '../../support/text-of.ts';

const linesOf = async (contents: Table, columns?: number) =>
  (await textOf([contents], { columns })).trimEnd().split('\n');

/** 4 + 2 + 5 columns and the gap before the bar; the description takes 2 + 11 more. */
const TABLE = table(
  ['TYPE', numbers('PAGES'), BARS, dropped(1, 'DESCRIPTION')],
  [
    ['free', '200', { bar: 1 }, 'Not used'],
    ['slab', '100', { bar: 0.5 }, 'Caches'],
    ['none', '0', { bar: 0 }, ''],
    ['all', '300', '', 'The total'],
  ],
);
const barsOf = (lines: readonly string[]) => lines.map((line) => /#+/.exec(line)?.[0].length ?? 0);

describe('a column of bars', () => {
  test('is between the others, the longest bar as wide as the column', async () => {
    expect(await linesOf(TABLE, 40)).toEqual([
      'TYPE  PAGES                  DESCRIPTION',
      'free    200  ##############  Not used',
      'slab    100  #######         Caches',
      'none      0',
      'all     300                  The total',
    ]);
  });

  test.each([
    [100, 40],
    [66, 40],
    [60, 34],
    [36, 10],
  ])('takes what a line of %d columns has left: %d', async (columns, longest) => {
    const bars = barsOf(await linesOf(TABLE, columns));
    expect(bars).toEqual([0, longest, longest / 2, 0, 0]);
  });

  test('is short where lines have no end', async () => {
    expect(barsOf(await linesOf(TABLE))).toEqual([0, 10, 5, 0, 0]);
  });

  test('goes with the description where a line has room for one of them', async () => {
    const narrow = await linesOf(TABLE, 24);
    expect(narrow[0]).toBe('TYPE  PAGES  DESCRIPTION');
    expect(barsOf(narrow)).toEqual([0, 0, 0, 0, 0]);
    expect(await linesOf(TABLE, 23)).toEqual([
      'TYPE  PAGES',
      'free    200  ##########',
      'slab    100  #####',
      'none      0',
      'all     300',
    ]);
    expect(await linesOf(TABLE, 22)).toEqual([
      'TYPE  PAGES',
      ...['free    200', 'slab    100'],
      'none      0',
      'all     300',
    ]);
  });

  test('is shown without bars in other columns', async () => {
    expect(await linesOf(table(['A', 'B'], [[{ bar: 1 }, 'x']]))).toEqual(['A  B', '   x']);
  });
});
