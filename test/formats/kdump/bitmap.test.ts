import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../src/bytes/source.ts';
import { Bitmap } from '../../../src/formats/kdump/bitmap.ts';
import { MemorySource } from '../../builders/memory-source.ts';

/** Pages per block of the bitmap. */
const BLOCK = 32768;
const AT = 8192;

/** A bitmap in which the pfns of some ranges are set. */
function bitmapOf(ranges: readonly (readonly [number, number])[], pages: number) {
  const bytes = new Uint8Array(Math.ceil(pages / 8));
  for (const [start, end] of ranges) {
    for (let pfn = start; pfn < Math.min(end, pages); pfn++) {
      bytes[pfn >> 3] = (bytes[pfn >> 3] as number) | (1 << (pfn & 7));
    }
  }
  const source = new MemorySource([{ at: BigInt(AT), bytes }]);
  return { source, bitmap: new Bitmap(source, { offset: AT, size: bytes.length }, pages), bytes };
}

describe('a bitmap', () => {
  const ranges = fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 3 * BLOCK }), fc.integer({ min: 0, max: 5000 }))
      .map(([start, length]) => [start, start + length] as const),
    { maxLength: 12 },
  );

  it('has, counts and lists its set bits, in any order of questions', () => {
    fc.assert(
      fc.property(
        ranges,
        fc.integer({ min: 1, max: 3 * BLOCK + 17 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
        (list, pages, asked) => {
          const { bitmap, bytes } = bitmapOf(list, pages);
          const isSet = (pfn: number) => (((bytes[pfn >> 3] as number) >> (pfn & 7)) & 1) === 1;
          for (const number of asked) {
            const pfn = number % pages;
            expect(bitmap.has(pfn)).toBe(isSet(pfn));
            let rank = 0;
            for (let p = 0; p < pfn; p++) if (isSet(p)) rank++;
            expect(bitmap.rank(pfn)).toBe(rank);
          }
          const listed = new Uint8Array(pages);
          for (const run of bitmap.runs()) listed.fill(1, run.start, run.end);
          expect(listed.every((bit, pfn) => (bit === 1) === isSet(pfn))).toBe(true);
          expect(bitmap.runCount).toBe([...bitmap.runs()].length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('lists runs that neither touch nor exceed what was asked for', () => {
    const { bitmap } = bitmapOf(
      [
        [5, 20],
        [BLOCK - 3, 2 * BLOCK + 4],
      ],
      3 * BLOCK,
    );
    expect([...bitmap.runs()]).toEqual([
      { start: 5, end: 20 },
      { start: BLOCK - 3, end: 2 * BLOCK + 4 },
    ]);
    expect([...bitmap.runs(8, BLOCK + 1)]).toEqual([
      { start: 8, end: 20 },
      { start: BLOCK - 3, end: BLOCK + 1 },
    ]);
    expect([...bitmap.runs(30, 40)]).toEqual([]);
  });

  it('counts up to its very end, which is the end of a block', () => {
    const { bitmap } = bitmapOf([[0, 2 * BLOCK]], 2 * BLOCK);
    expect(bitmap.rank(2 * BLOCK)).toBe(2 * BLOCK);
  });

  it('is read once from start to end, and only as far as pages are asked for', () => {
    const pages = 100 * BLOCK;
    const { bitmap, source } = bitmapOf([[0, pages]], pages);
    bitmap.rank(3 * BLOCK);
    expect(source.statistics.bytes).toBeLessThanOrEqual(2 * 65536);
    for (let pfn = 0; pfn < pages; pfn += 1000) bitmap.rank(pfn);
    expect(source.statistics.bytes).toBeLessThanOrEqual(pages / 8 + 2 * 65536);
    expect(source.largestRead).toBe(65536);
  });
});

/** A source of zeros except for some bytes, of any length. */
class Hole implements ByteSource {
  readonly path = 'hole';
  readonly size = 2 ** 50;
  readonly isProcfs = false;
  readonly statistics = { reads: 0, bytes: 0 };
  readonly #bytes: ReadonlyMap<number, number>;

  constructor(bytes: ReadonlyMap<number, number>) {
    this.#bytes = bytes;
  }

  read(position: number | bigint, into: Uint8Array): number {
    this.statistics.reads++;
    into.fill(0);
    for (const [at, byte] of this.#bytes)
      if (at >= Number(position) && at < Number(position) + into.length) into[at - Number(position)] = byte;
    return into.length;
  }

  close(): void {}
}

describe('a bitmap with far more pages than any machine has', () => {
  const pages = 2 ** 34;
  const set = [5, 2 ** 31 + 7, 2 ** 33 - 1, pages - 1];
  const bytes = new Map(set.map((pfn) => [AT + Math.floor(pfn / 8), 1 << (pfn & 7)]));
  const progress: [number, number][] = [];
  const source = new Hole(bytes);
  const bitmap = new Bitmap(source, { offset: AT, size: pages / 8 }, pages, {
    onCounted: (done, total) => progress.push([done, total]),
  });

  it('is counted in groups of blocks, and reports its progress', () => {
    set.forEach((pfn, i) => {
      expect([bitmap.rank(pfn), bitmap.rank(pfn + 1), bitmap.has(pfn)]).toEqual([i, i + 1, true]);
    });
    expect(progress.length).toBeGreaterThan(1000);
    expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1]);
  });

  it('has an index with fewer groups if bitmaps share its memory, and counts the same', () => {
    const groups = new Set<number>();
    const onCounted = (_: number, total: number) => groups.add(total);
    const shared = new Bitmap(source, { offset: AT, size: pages / 8 }, pages, { onCounted, share: 64 });
    expect([shared.rank(pages - 1), shared.rank(2 ** 31 + 8), shared.rank(pages)]).toEqual([3, 2, 4]);
    expect(Math.max(...groups)).toBeLessThanOrEqual(2 ** 18 / 64);
  });

  it('is not read again where it has no set bits', () => {
    bitmap.rank(pages);
    const before = source.statistics.reads;
    expect([...bitmap.runs()]).toEqual(set.map((pfn) => ({ start: pfn, end: pfn + 1 })));
    expect(source.statistics.reads - before).toBeLessThan(200);
  });

  it('has the same bits after release()', () => {
    bitmap.release();
    expect(set.map((pfn) => bitmap.has(pfn))).toEqual([true, true, true, true]);
    expect(bitmap.rank(pages)).toBe(4);
  });
});
