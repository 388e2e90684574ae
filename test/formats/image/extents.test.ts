import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Extent, Extents, firstWins } from '../../../src/formats/image/extents.ts';

const extent = (start: number, end: number, offset: number): Extent => ({
  start,
  end,
  offset: BigInt(offset),
});

const apartOf = (extents: readonly Extent[]) => [...firstWins(Extents.of(extents))];

/** The file position of each byte, found by looking through all extents in file order, or undefined. */
function placeOf(extents: readonly Extent[], address: number): bigint | undefined {
  const first = extents.find(({ start, end }) => address >= start && address < end);
  return first && first.offset + BigInt(address - first.start);
}

const LIMIT = 40;
const anyExtents = fc.array(
  fc
    .tuple(
      fc.integer({ min: 0, max: LIMIT - 16 }),
      fc.integer({ min: 0, max: 16 }),
      fc.integer({ min: 0, max: 200 }),
    )
    .map(([start, length, offset]) => extent(start, start + length, offset)),
  { maxLength: 14 },
);
/** Offsets that follow the addresses, like those of one segment in several pieces. */
const alignedExtents = anyExtents.map((list) => list.map((e) => extent(e.start, e.end, e.start + 1000)));

describe('extents that overlap', () => {
  it('are resolved so that the first in file order has each byte', () => {
    fc.assert(
      fc.property(fc.oneof(anyExtents, alignedExtents), (extents) => {
        const apart = apartOf(extents);
        for (let address = 0; address < LIMIT; address++) {
          expect(placeOf(apart, address), `at ${address}`).toBe(placeOf(extents, address));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('become ascending extents that do not overlap', () => {
    fc.assert(
      fc.property(anyExtents, (extents) => {
        const apart = apartOf(extents);
        expect(apart.every(({ start, end }) => start < end)).toBe(true);
        expect(apart.slice(1).every(({ start }, i) => start >= (apart[i]?.end ?? 0))).toBe(true);
      }),
    );
  });

  it('show a small one that comes before a large one, and the large one around it', () => {
    expect(apartOf([extent(30, 40, 0), extent(0, 100, 5000)])).toEqual([
      extent(0, 30, 5000),
      extent(30, 40, 0),
      extent(40, 100, 5040),
    ]);
  });

  it('hide a small one that comes after a large one', () => {
    expect(apartOf([extent(0, 100, 5000), extent(30, 40, 0)])).toEqual([extent(0, 100, 5000)]);
  });
});

describe('extents that continue each other', () => {
  it('are merged if they also continue each other in the file', () => {
    expect(apartOf([extent(50, 80, 1050), extent(20, 50, 1020)])).toEqual([extent(20, 80, 1020)]);
  });

  it('stay separate if they are apart in the file', () => {
    expect(apartOf([extent(20, 50, 1020), extent(50, 80, 2050)])).toHaveLength(2);
  });
});

describe('many extents', () => {
  it('are made disjoint even if they all overlap', () => {
    const count = 60_000;
    const nested = Array.from({ length: count }, (_, i) => extent(count - i, 10 * count + i, i * 7));
    const apart = apartOf(nested);
    for (const address of [1, count / 2, count, 5 * count, 11 * count - 2]) {
      expect(apart.find(({ start, end }) => address >= start && address < end)).toBeDefined();
      expect(placeOf(apart, address)).toBe(placeOf(nested, address));
    }
  });
});
