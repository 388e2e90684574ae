import { describe, expect, it } from 'vitest';
import { limeHeader } from '../builders/containers.ts';
import { concat, pattern } from '../builders/encode.ts';
import { failureOf } from '../builders/failure.ts';
import { MemorySource } from '../builders/memory-source.ts';
import { openSource } from '../builders/open-source.ts';

const LOW = pattern(0x9ec00, 1);
const HIGH = pattern(0x3000, 2);
const TWO = concat(limeHeader(0x1000, 0x9fbff), LOW, limeHeader(0x10_0000, 0x10_2fff), HIGH);
const opened = (bytes: Uint8Array, size = bytes.length) =>
  openSource(new MemorySource([{ at: 0n, bytes: bytes.subarray(0, size) }], { path: 'ram.lime' }));

function bytesAt(image: ReturnType<typeof opened>, address: number, length: number) {
  const into = new Uint8Array(length);
  return image.memory.read(address, into) ?? [...into];
}

describe('a LiME image', () => {
  const image = opened(TWO);

  it('says what it is, and that it has no end mark', () => {
    expect(image).toMatchObject({ format: 'LiME image', path: 'ram.lime', bytes: TWO.length, live: false });
    expect([image.vmcoreinfo, image.notes, image.warnings, image.openEnded]).toEqual([null, [], [], true]);
  });

  it('has the memory of its ranges, up to the last address of each', () => {
    expect(bytesAt(image, 0x1000, 16)).toEqual([...LOW.subarray(0, 16)]);
    expect(bytesAt(image, 0x9fbff, 2)).toEqual({ absence: 'hole', address: 0x9fc00 });
    expect(bytesAt(image, 0x10_2ff0, 16)).toEqual([...HIGH.subarray(0x2ff0)]);
    expect([...image.memory.described()]).toEqual([
      { start: 0x1000, end: 0x9fc00 },
      { start: 0x10_0000, end: 0x10_3000 },
    ]);
  });

  it('lists its ranges as segments, and has as many pages as makedumpfile would count in LOADs', () => {
    const range = { type: 'RAM', virtual: null, missing: 0n };
    expect([...image.segments]).toEqual([
      { ...range, physical: 0x1000, memorySize: 0x9ec00n, fileSize: 0x9ec00n, offset: 32n },
      {
        ...range,
        physical: 0x10_0000,
        memorySize: 0x3000n,
        fileSize: 0x3000n,
        offset: BigInt(LOW.length + 64),
      },
    ]);
    expect(image.makedumpfile.originalPages).toBe(0x9f + 3);
  });
});

describe('a LiME image that was cut short', () => {
  it('has the part of its last range that the file holds; the rest is truncated', () => {
    const image = opened(TWO, TWO.length - 0x1800);
    expect(bytesAt(image, 0x10_1000, 0x1000)).toEqual({ absence: 'truncated', address: 0x10_1800 });
    expect([image.memory.cutShort, [...image.segments][1]?.missing]).toEqual([true, 0x1800n]);
  });

  it('is recognised by an incomplete header', () => {
    for (const bytes of [1, 31]) {
      const image = opened(TWO, 32 + LOW.length + bytes);
      expect([image.memory.cutShort, [...image.segments].length]).toEqual([true, 1]);
      expect(image.warnings).toEqual([expect.stringContaining('cut short')]);
    }
  });

  it('cannot be recognised if it ends between two ranges', () => {
    const image = opened(TWO, 32 + LOW.length);
    expect([image.memory.cutShort, image.openEnded]).toEqual([false, true]);
  });

  it('has no memory if it ends inside its first header', () => {
    expect(failureOf(() => opened(TWO, 20)).kind).toBe('corrupt');
  });
});

describe('a false header', () => {
  const refused = (header: Uint8Array) => failureOf(() => opened(concat(header, HIGH)));

  it('is corrupt if a range ends before it starts, or past the physical address space', () => {
    for (const [start, last] of [
      [0x2000, 0x1000],
      [0, 1n << 52n],
      [0, (1n << 64n) - 1n],
      [(1n << 64n) - 1n, (1n << 64n) - 1n],
    ] as const) {
      expect(refused(limeHeader(start, last))).toMatchObject({ kind: 'corrupt', facts: { offset: 0 } });
    }
  });

  it('is unsupported if the version is another one', () => {
    expect(refused(limeHeader(0, 0xfff, 2))).toMatchObject({ kind: 'unsupported' });
  });

  it('is corrupt if a range is not followed by another header', () => {
    const failure = failureOf(() => opened(concat(limeHeader(0, 0xfff), HIGH)));
    expect(failure).toMatchObject({ kind: 'corrupt', facts: { offset: 32 + 0x1000 } });
  });

  it('lets the first of two overlapping ranges win', () => {
    const image = opened(concat(limeHeader(0, 0x2fff), HIGH, limeHeader(0x1000, 0x3fff), pattern(0x3000, 9)));
    expect(bytesAt(image, 0x1000, 4)).toEqual([...HIGH.subarray(0x1000, 0x1004)]);
    expect(bytesAt(image, 0x3000, 4)).toEqual([...pattern(0x3000, 9).subarray(0x2000, 0x2004)]);
  });

  it('is corrupt if there are more ranges than any machine has', () => {
    const one = concat(limeHeader(0x1000, 0x1000), Uint8Array.of(1));
    const bytes = new Uint8Array(100_002 * one.length);
    for (let at = 0; at < bytes.length; at += one.length) bytes.set(one, at);
    expect(failureOf(() => opened(bytes)).message).toContain('100000');
  });
});
