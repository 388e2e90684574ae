import { describe, expect, it } from 'vitest';
import { Descriptors } from '../../../src/formats/kdump/descriptors.ts';
import { packed } from '../../builders/encode.ts';
import { MemorySource } from '../../builders/memory-source.ts';

const BASE = 8192;
const SIZE = 24;
const COUNT = 20_000;
const HELD = [5, 4095, 4096, 13_000, 19_999];

/** Descriptors of which those in HELD have data in the file, and one more points past its end. */
function descriptors(): Descriptors {
  const end = BigInt(BASE + COUNT * SIZE);
  const at = (index: number) => BigInt(BASE + index * SIZE);
  const one = (offset: bigint) =>
    packed(SIZE, [
      [0, 8, offset],
      [8, 4, 100],
    ]);
  const source = new MemorySource([
    ...HELD.map((index) => ({ at: at(index), bytes: one(end) })),
    { at: at(9000), bytes: one(end + 4000n) },
    { at: end, bytes: new Uint8Array(100) },
  ]);
  return new Descriptors(source, BASE);
}

describe('descriptors whose pages are missing', () => {
  it('are those that were never written, and those that point past the end of the file', () => {
    expect(descriptors().missing(0, COUNT)).toBe(COUNT - HELD.length);
    expect(descriptors().missing(4096, 8192)).toBe(4095);
    expect(descriptors().missing(8192, 9000)).toBe(808);
    expect(descriptors().missing(5, 6)).toBe(0);
    expect(descriptors().missing(7, 7)).toBe(0);
  });

  it('are counted the same after single ones were located', () => {
    const all = descriptors();
    all.locate(8500);
    expect([all.inFile, all.missing(8192, 12_288)]).toEqual([false, 4096]);
    all.locate(13_000);
    expect([all.inFile, all.missing(12_288, 16_384)]).toEqual([true, 4095]);
  });

  it('are reported while they are counted, up to the last, if there are very many', () => {
    const count = (1 << 22) + 1;
    const progress: (readonly [number, number])[] = [];
    const empty = new MemorySource([{ at: BigInt(BASE + count * SIZE - 1), bytes: new Uint8Array(1) }]);
    const all = new Descriptors(empty, BASE, (done, total) => progress.push([done, total]));
    expect(all.missing(0, 1000)).toBe(1000);
    expect(progress).toEqual([]);
    expect(all.missing(0, count)).toBe(count);
    expect(progress[0]).toEqual([4096, count]);
    expect(progress.at(-1)).toEqual([count, count]);
  });
});
