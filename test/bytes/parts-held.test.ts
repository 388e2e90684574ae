import { describe, expect, it } from 'vitest';
import { partsHeld } from '../../src/bytes/parts-held.ts';

const FILE = {
  size: 100,
  lost: [
    { start: 10, end: 20 },
    { start: 40, end: 50 },
  ],
};

describe('the parts of a file that are there', () => {
  it('are all bytes before its end', () => {
    expect(partsHeld({ size: 100 }, 10n, 20n)).toEqual([{ start: 10, end: 30 }]);
    expect(partsHeld({ size: 100 }, 90n, 20n)).toEqual([{ start: 90, end: 100 }]);
  });

  it('do not lie past its end, however large the numbers are', () => {
    for (const offset of [100n, 1n << 53n, (1n << 64n) - 1n]) expect(partsHeld(FILE, offset, 8n)).toEqual([]);
    expect(partsHeld(FILE, 60n, (1n << 64n) - 1n)).toEqual([{ start: 60, end: 100 }]);
  });

  it('are what lies between the lost parts', () => {
    expect(partsHeld(FILE, 5n, 60n)).toEqual([
      { start: 5, end: 10 },
      { start: 20, end: 40 },
      { start: 50, end: 65 },
    ]);
    expect(partsHeld(FILE, 10n, 10n)).toEqual([]);
  });
});
