import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, hex64 } from '../../src/hex.ts';
import { percent, plural, size } from '../../src/report/units.ts';

describe('a size', () => {
  it.each<[number | bigint, string]>([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [4096, '4 KiB'],
    [1_048_575, '1024 KiB'],
    [1_048_576, '1 MiB'],
    [130_939 * 4096, '511.5 MiB'],
    [1000 * 1024 ** 2 + 512 * 1024, '1001 MiB'],
    [(1n << 45n) - 1n, '32.0 TiB'],
    [1n << 47n, '128 TiB'],
    [(1n << 64n) - 1n, '16 EiB'],
    [1n << 71n, '2048 EiB'],
  ])('of %d bytes is %s', (bytes, shown) => {
    expect(size(bytes)).toBe(shown);
  });

  it('has one to four digits before its point, and a unit, for any 64-bit number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (bytes) => {
        expect(size(bytes)).toMatch(/^\d{1,4}(\.\d)? (B|[KMGTPE]iB)$/);
      }),
    );
  });
});

describe('a share in percent', () => {
  it.each<[number, number, string]>([
    [1, 3, '33.3'],
    [2, 3, '66.7'],
    [0, 7, '0.0'],
    [7, 7, '100'],
    [3, 1000, '0.3'],
  ])('of %d in %d is %s', (part, total, shown) => {
    expect(percent(part, total)).toBe(shown);
  });

  it('is a dash if the total is 0', () => {
    expect(percent(0, 0)).toBe('-');
  });
});

describe('an address', () => {
  it('is 0x hex without leading zeros', () => {
    expect(hex(0)).toBe('0x0');
    expect(hex(2 ** 52 - 1)).toBe('0xfffffffffffff');
    expect(hex(0xffff888000001000n)).toBe('0xffff888000001000');
  });

  it('has its sign before the 0x if it is negative, as phys_base may be', () => {
    expect(hex(-0x1000000n)).toBe('-0x1000000');
    expect(hex(-4096)).toBe('-0x1000');
  });

  it('has all of its 16 digits in a column', () => {
    expect(hex64(0x63n)).toBe('0x0000000000000063');
    expect(hex64((1n << 64n) - 1n)).toBe('0xffffffffffffffff');
  });
});

describe('a count', () => {
  it.each<[number, string]>([
    [0, '0 pages'],
    [1, '1 page'],
    [2, '2 pages'],
  ])('of %d is %s', (count, shown) => {
    expect(plural(count, 'page')).toBe(shown);
  });
});
