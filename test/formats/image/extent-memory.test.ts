import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExtentMemory, type MemoryClaims } from '../../../src/formats/image/extent-memory.ts';
import type { Extent } from '../../../src/formats/image/extents.ts';
import { pattern } from '../../builders/encode.ts';
import { MemorySource, type SourceOptions } from '../../builders/memory-source.ts';

const FILE = pattern(0x4000, 3);
const extent = (start: number, end: number, offset: number): Extent => ({
  start,
  end,
  offset: BigInt(offset),
});

function memoryOf(claims: Partial<MemoryClaims>, options: SourceOptions = {}): ExtentMemory {
  const source = new MemorySource([{ at: 0n, bytes: FILE }], options);
  return new ExtentMemory(source, { extents: [], described: [], fileSize: FILE.length, ...claims });
}

/** [0x1000, 0x2400) and [0x2800, 0x4000) of physical memory; the second comes first in the file. */
const TWO = [extent(0x1000, 0x2400, 0x2000), extent(0x2800, 0x4000, 0x100)];

describe('memory that is stored', () => {
  it('is read where the file holds it, across extents that touch', () => {
    const memory = memoryOf({ extents: [extent(0x1000, 0x1800, 0x2001), extent(0x1800, 0x2000, 0x5)] });
    const into = new Uint8Array(0x20);
    expect(memory.read(0x17f0, into)).toBeUndefined();
    expect([...into]).toEqual([...FILE.subarray(0x27f1, 0x2801), ...FILE.subarray(0x5, 0x15)]);
  });

  it('is listed as ascending ranges, separately from memory that is only described', () => {
    const memory = memoryOf({ extents: [...TWO].reverse(), described: [{ start: 0x3000, end: 0x9000 }] });
    expect([...memory.stored]).toEqual([
      { start: 0x1000, end: 0x2400 },
      { start: 0x2800, end: 0x4000 },
    ]);
    expect([...memory.described()]).toEqual([
      { start: 0x1000, end: 0x2400 },
      { start: 0x2800, end: 0x9000 },
    ]);
    expect([...memory.truncated]).toEqual([]);
  });
});

describe('memory that cannot be read', () => {
  it('is a hole if nothing describes it, and its first missing byte is reported', () => {
    const memory = memoryOf({ extents: TWO });
    expect(memory.read(0x2000, new Uint8Array(0x1000))).toEqual({ absence: 'hole', address: 0x2400 });
    expect(memory.read(0, new Uint8Array(1))).toEqual({ absence: 'hole', address: 0 });
  });

  it('is notStored if the dump knows it but left it out', () => {
    const memory = memoryOf({ extents: TWO, described: [{ start: 0x2000, end: 0x2600 }] });
    expect(memory.read(0x2300, new Uint8Array(0x200))).toEqual({ absence: 'notStored', address: 0x2400 });
    expect(memory.read(0x25ff, new Uint8Array(2))).toEqual({ absence: 'notStored', address: 0x25ff });
    expect(memory.read(0x2600, new Uint8Array(1))).toEqual({ absence: 'hole', address: 0x2600 });
  });

  it('is truncated if the file ends before it', () => {
    const memory = memoryOf({ extents: [extent(0x8000, 0xa000, 0x3800)] });
    expect([...memory.truncated]).toEqual([{ start: 0x8800, end: 0xa000 }]);
    expect([...memory.stored]).toEqual([{ start: 0x8000, end: 0x8800 }]);
    expect(memory.read(0x8700, new Uint8Array(0x200))).toEqual({ absence: 'truncated', address: 0x8800 });
  });

  it('is truncated if the whole extent lies past the end of the file', () => {
    const memory = memoryOf({ extents: [extent(0x8000, 0x9000, 0x4000)] });
    expect([...memory.stored]).toEqual([]);
    expect(memory.read(0x8000, new Uint8Array(1))).toEqual({ absence: 'truncated', address: 0x8000 });
  });

  it('is read from a later extent if the first one is cut off', () => {
    const memory = memoryOf({ extents: [extent(0x8000, 0x9000, 0x3f00), extent(0x8000, 0x9000, 0)] });
    const into = new Uint8Array(0x200);
    expect(memory.read(0x8000, into)).toBeUndefined();
    expect([...into]).toEqual([...FILE.subarray(0x3f00), ...FILE.subarray(0x100, 0x200)]);
    expect([...memory.truncated]).toEqual([]);
  });

  it('is truncated at the first byte that is missing from a file with a false size', () => {
    const memory = memoryOf({ extents: [extent(0, 0x8000, 0)], fileSize: 0x8000 });
    expect(memory.read(0x3ffe, new Uint8Array(8))).toEqual({ absence: 'truncated', address: 0x4000 });
  });

  it('is unreadable, with the reason, if the system refuses the read', () => {
    const failing = { start: 0x2100, end: 0x2200 };
    const memory = memoryOf({ extents: TWO }, { failing });
    const missing = memory.read(0x1100, new Uint8Array(16));
    expect(missing).toMatchObject({ absence: 'unreadable', address: 0x1100 });
    expect(missing?.detail).toContain('EIO');
    expect(memory.readPadded(0x1000, new Uint8Array(0x1000))?.absence).toBe('unreadable');
    expect(memory.read(0x1300, new Uint8Array(16))).toBeUndefined();
  });
});

describe('a page that is held in part', () => {
  it('is padded with zeros at its end, between its parts and at its start', () => {
    const memory = memoryOf({ extents: TWO });
    const into = new Uint8Array(0x1000).fill(0xee);
    expect(memory.readPadded(0x2000, into)).toBeUndefined();
    expect([...into.subarray(0, 0x400)]).toEqual([...FILE.subarray(0x3000, 0x3400)]);
    expect(into.subarray(0x400, 0x800).every((byte) => byte === 0)).toBe(true);
    expect([...into.subarray(0x800)]).toEqual([...FILE.subarray(0x100, 0x900)]);
  });
});

describe('any memory', () => {
  const extents = fc.array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0x3fb0, max: 0x3ff8 }),
      )
      .map(([start, length, offset]) => extent(start, start + length, offset)),
    { maxLength: 8 },
  );

  it('reads as if each byte were looked up by itself', () => {
    fc.assert(
      fc.property(
        extents,
        fc.integer({ min: 0, max: 90 }),
        fc.integer({ min: 1, max: 20 }),
        (list, at, length) => {
          const memory = memoryOf({ extents: list });
          const bytes = Array.from({ length }, (_, i) => byteOf(list, at + i));
          const padded = new Uint8Array(length).fill(0xee);
          expect(memory.readPadded(at, padded)).toBeUndefined();
          expect([...padded]).toEqual(bytes.map((byte) => byte ?? 0));
          const firstMissing = bytes.indexOf(undefined);
          const exact = new Uint8Array(length);
          expect(memory.read(at, exact)?.address).toBe(firstMissing < 0 ? undefined : at + firstMissing);
          if (firstMissing < 0) expect([...exact]).toEqual(bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  /** The byte of the first extent that has it and whose position lies inside the file. */
  function byteOf(list: readonly Extent[], address: number): number | undefined {
    const places = list
      .filter(({ start, end }) => address >= start && address < end)
      .map(({ start, offset }) => FILE[Number(offset) + address - start]);
    return places.find((byte) => byte !== undefined);
  }
});
