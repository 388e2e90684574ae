import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OwnerTable } from '../../../src/pages/attribution/owner-table.ts';

const HIGH = 0xffff_8880;
const addressOf = (low: number, high = HIGH) => (BigInt(high) << 32n) | BigInt(low);

describe('the table of owners', () => {
  test('has nothing at first', () => {
    const table = new OwnerTable();
    expect(table.largest(10)).toEqual([]);
    expect(table.size).toBe(0);
    expect(table.pagesOf(addressOf(8))).toBe(0);
  });

  test('adds up what an owner gets in parts, also between those of others', () => {
    const table = new OwnerTable();
    for (const [low, pages] of [
      [0x1000, 1],
      [0x2000, 5],
      [0x1000, 512],
      [0x1000, 3],
    ] as const)
      table.add(low, HIGH, pages);
    expect(table.largest(10)).toEqual([
      { address: addressOf(0x1000), pages: 516 },
      { address: addressOf(0x2000), pages: 5 },
    ]);
  });

  test('tells owners apart by both halves of their addresses', () => {
    const table = new OwnerTable();
    table.add(0x1000, HIGH, 1);
    table.add(0x1000, HIGH + 1, 2);
    expect(table.pagesOf(addressOf(0x1000))).toBe(1);
    expect(table.pagesOf(addressOf(0x1000, HIGH + 1))).toBe(2);
  });

  test('lists as many as are asked for, by address where they are alike', () => {
    const table = new OwnerTable();
    for (const low of [0x30, 0x10, 0x20]) table.add(low, HIGH, 7);
    expect(table.largest(2).map(({ address }) => address)).toEqual([addressOf(0x10), addressOf(0x20)]);
  });

  test('lists the largest of very many, in order', () => {
    const table = new OwnerTable();
    const pagesOf = (i: number) => (i * 7919) % 5003;
    for (let i = 1; i <= 20_000; i++) table.add(8 * i, HIGH, pagesOf(i) + 1);
    const sorted = Array.from({ length: 20_000 }, (_, i) => ({
      address: addressOf(8 * (i + 1)),
      pages: pagesOf(i + 1) + 1,
    }));
    sorted.sort((a, b) => b.pages - a.pages || (a.address < b.address ? -1 : 1));
    for (const count of [1, 10, 999, 19_999, 30_000])
      expect(table.largest(count)).toEqual(sorted.slice(0, count));
  });

  test('has what a map has, however many owners there are', () => {
    const additions = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 600 })),
      {
        maxLength: 20_000,
        size: 'max',
      },
    );
    fc.assert(
      fc.property(additions, (added) => {
        const table = new OwnerTable();
        const map = new Map<number, number>();
        for (const [owner, pages] of added) {
          table.add(owner * 8, HIGH, pages);
          map.set(owner, (map.get(owner) ?? 0) + pages);
        }
        expect(table.size).toBe(map.size);
        expect(table.dropped).toBe(0);
        for (const [owner, pages] of map) expect(table.pagesOf(addressOf(owner * 8))).toBe(pages);
      }),
      { numRuns: 20 },
    );
  });

  test('drops the smallest owners when it is full, and says how many pages that were', () => {
    const table = new OwnerTable(1 << 12);
    const large = 100;
    for (let i = 1; i <= 100_000; i++) table.add(8 * i, HIGH, i % 1000 === 0 ? large : 1);
    const largest = table.largest(100);
    expect(largest.map(({ pages }) => pages)).toEqual(Array.from({ length: 100 }, () => large));
    expect(table.droppedUpTo).toBeGreaterThan(0);
    expect(table.size).toBeLessThanOrEqual(1 << 12);
    const kept = table.largest(1 << 12).reduce((sum, { pages }) => sum + pages, 0);
    expect(kept + table.dropped).toBe(99_900 + 100 * large);
  });

  test('drops no more of an owner that keeps coming back than it says', () => {
    const table = new OwnerTable(1 << 12);
    let added = 0;
    for (let i = 1; i <= 50_000; i++) {
      table.add(8 * i, HIGH, 1);
      if (i % 4000 !== 0) continue;
      table.add(0x800_0000, HIGH, 1);
      added++;
    }
    const found = table.pagesOf(addressOf(0x800_0000));
    expect(found).toBeLessThan(added);
    expect(found + table.droppedUpTo).toBeGreaterThanOrEqual(added);
  });
});
