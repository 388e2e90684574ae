import { describe, expect, it } from 'vitest';
import { zeroBlocks } from '../../../src/formats/image/zero-blocks.ts';
import { PHYSICAL_LIMIT } from '../../../src/machine.ts';

const MIB = 1 << 20;
const ranges = (...pairs: (readonly [number, number])[]) =>
  pairs.map(([start, end]) => ({ start: start * MIB, end: end * MIB }));
const zerosOf = (all: readonly { start: number; end: number }[], cut = false) => {
  const found = zeroBlocks(all, cut);
  return (
    found && [...found].map(({ start, end }) => [start / MIB, end === PHYSICAL_LIMIT ? null : end / MIB])
  );
};

describe('blocks that were left out because they are all zero', () => {
  it('can lie in every gap between blocks of 16 MiB, and after the last', () => {
    const blocks = ranges([0.5, 0.6], [1, 17], [17, 33], [65, 81], [81, 82]);
    expect(zerosOf(blocks)).toEqual([
      [0, 0.5],
      [0.6, 1],
      [33, 65],
      [82, null],
    ]);
    expect(zerosOf(blocks, true)).toEqual([
      [0, 0.5],
      [0.6, 1],
      [33, 65],
    ]);
  });

  it.each([
    ['a range is larger, as in every image of LiME itself', ranges([1, 17], [17, 33], [33, 50])],
    ['no block has 16 MiB', ranges([1, 16], [16, 30])],
    ['no block begins whole blocks after another', ranges([1, 17], [20, 36])],
    ['they do not ascend', ranges([17, 33], [1, 17])],
    ['there is one only', ranges([1, 17])],
    ['there is none', ranges()],
  ])('are not there if %s', (_, all) => {
    expect(zerosOf(all)).toBeUndefined();
  });
});
