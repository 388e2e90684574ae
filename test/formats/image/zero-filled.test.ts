import { describe, expect, it } from 'vitest';
import { RangeList } from '../../../src/bytes/range-list.ts';
import { ExtentMemory } from '../../../src/formats/image/extent-memory.ts';
import { HoldingCode } from '../../../src/formats/image/image.ts';
import { ZeroFilledMemory } from '../../../src/formats/image/zero-filled.ts';
import { pattern } from '../../builders/encode.ts';
import { MemorySource } from '../../builders/memory-source.ts';

const PAGE = 4096;
const bytes = pattern(4 * PAGE, 4);
const source = new MemorySource([{ at: 0n, bytes }]);
/** Pages 2 and 3, 6, and 8, of which the file has no byte. */
const held = new ExtentMemory(source, {
  extents: [
    { start: 2 * PAGE, end: 4 * PAGE, offset: 0n },
    { start: 6 * PAGE, end: 7 * PAGE, offset: BigInt(2 * PAGE) },
    { start: 8 * PAGE, end: 9 * PAGE, offset: BigInt(4 * PAGE) },
  ],
  described: [],
  fileSize: 4 * PAGE,
});
const zeros = new RangeList();
zeros.add(4 * PAGE, 6 * PAGE);
zeros.add(7 * PAGE, 8 * PAGE);
const known = [{ start: 5 * PAGE, end: 6 * PAGE }];
const memory = new ZeroFilledMemory(held, zeros, known);

const { hole, zero, stored, truncated } = HoldingCode;

describe('memory without what is all zero', () => {
  it('reads zeros there, and nothing else that is missing', () => {
    const into = new Uint8Array(3 * PAGE).fill(1);
    expect(memory.read(3 * PAGE + 8, into)).toBeUndefined();
    expect(into.subarray(0, PAGE - 8)).toEqual(bytes.subarray(PAGE + 8, 2 * PAGE));
    expect(into.subarray(PAGE - 8, 3 * PAGE - 8)).toEqual(new Uint8Array(2 * PAGE));
    expect(into.subarray(3 * PAGE - 8)).toEqual(bytes.subarray(2 * PAGE, 2 * PAGE + 8));
    expect(memory.read(7 * PAGE, new Uint8Array(PAGE + 1))).toEqual({
      absence: 'truncated',
      address: 8 * PAGE,
    });
    expect(memory.read(0, new Uint8Array(8))).toEqual({ absence: 'hole', address: 0 });
    expect(memory.read(9 * PAGE, new Uint8Array(8))).toEqual({ absence: 'hole', address: 9 * PAGE });
  });

  it('knows these pages as zero without reading', () => {
    const holdings = new Uint8Array(9);
    memory.survey(1, holdings);
    expect([...holdings]).toEqual([hole, stored, stored, zero, zero, stored, zero, truncated, hole]);
  });

  it('describes what is known to be memory, and has stored what the file has', () => {
    expect([...memory.described()]).toEqual([
      { start: 2 * PAGE, end: 4 * PAGE },
      { start: 5 * PAGE, end: 7 * PAGE },
      { start: 8 * PAGE, end: 9 * PAGE },
    ]);
    expect([memory.describedBytes, memory.pieces]).toEqual([5 * PAGE, 3]);
    expect(memory.amounts).toEqual({ described: 5 * PAGE, stored: 3 * PAGE, truncated: PAGE });
    expect([...memory.stored]).toEqual([...held.stored]);
    expect(memory.cutShort).toBe(true);
  });
});
