import { describe, expect, it } from 'vitest';
import { struct, u8, u16, u32, u64 } from '../../src/bytes/struct.ts';
import { latin1, u32At, u64At } from '../../src/bytes/words.ts';
import { failureOf } from '../builders/failure.ts';

const sample = struct('sample record', 16, { tag: u8(0), kind: u16(2), count: u32(4), where: u64(8) });
const BYTES = Uint8Array.of(0xfe, 0, 0x34, 0x12, 0x78, 0x56, 0x34, 0x92, 8, 7, 6, 5, 4, 3, 2, 0xf1);

describe('a structure', () => {
  it('is decoded field by field, little-endian and unsigned', () => {
    expect(sample.decode(BYTES)).toEqual({
      tag: 0xfe,
      kind: 0x1234,
      count: 0x92345678,
      where: 0xf102030405060708n,
    });
  });

  it('is decoded at an offset, and in a view that does not start where its buffer does', () => {
    const shifted = new Uint8Array(32);
    shifted.set(BYTES, 11);
    expect(sample.decode(shifted, 11)).toEqual(sample.decode(BYTES));
    expect(sample.decode(shifted.subarray(8), 3)).toEqual(sample.decode(BYTES));
  });

  it('fits exactly into bytes of its own size', () => {
    expect(sample.size).toBe(16);
    expect(sample.decode(BYTES.subarray(0, 16)).tag).toBe(0xfe);
  });
});

describe('bytes that end inside a structure', () => {
  it('are corrupt, at the file offset where the structure starts', () => {
    const failure = failureOf(() => sample.decode(BYTES, 8, 0x1000));
    expect(failure.kind).toBe('corrupt');
    expect(failure.facts.offset).toBe(0x1008);
  });

  it('are reported with the structure, its offset, its size and the bytes that exist', () => {
    expect(failureOf(() => sample.decode(BYTES, 8, 0x1000)).message).toBe(
      'sample record at offset 0x1008 needs 16 bytes, but the file has 8',
    );
  });

  it('count as 0 if the structure starts past the end', () => {
    const failure = failureOf(() => sample.decode(BYTES, 40));
    expect(failure.kind).toBe('corrupt');
    expect(failure.message).toMatch(/the file has 0$/);
  });
});

describe('single words', () => {
  it('are read little-endian from a view that does not start where its buffer does', () => {
    const view = BYTES.subarray(3);
    expect(u32At(view, 1)).toBe(0x92345678);
    expect(u64At(view, 5)).toBe(0xf102030405060708n);
  });

  it('become text with one character per byte, whatever the byte', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const text = latin1(all);
    expect(text).toHaveLength(256);
    expect([...text].map((c) => c.charCodeAt(0))).toEqual([...all]);
  });
});
