import { describe, expect, test } from 'vitest';
import { HoldingCode } from '../../../src/formats/image/image.ts';
import { ZeroPages } from '../../../src/pages/classify/zero-pages.ts';
import { pfnRanges } from '../../../src/pages/struct-pages/pfn-ranges.ts';
import { pfns } from '../../builders/kernel.ts';
import { BuiltMemory, type MemoryPlan } from '../../builders/memory.ts';

const BYTE = Uint8Array.of(1);
const memoryOf = (count: number, plan: Partial<MemoryPlan> = {}) =>
  new BuiltMemory({ described: [pfns(0, count)], ...plan });

function countsOf(memory: BuiltMemory, start: number, end: number) {
  const pages = new ZeroPages(memory);
  pages.count(start, end);
  return { ...pages.counts, absences: Object.fromEntries(pages.counts.absences) };
}

describe('the contents of pages', () => {
  test('are zero only when every byte is, the last one too', () => {
    const memory = memoryOf(4);
    memory.write(4096, BYTE);
    memory.write(3 * 4096 - 1, BYTE);
    expect(countsOf(memory, 0, 4)).toEqual({ zero: 2, nonZero: 2, absent: 0, absences: {} });
  });

  test('are counted over more pages than are read at once', () => {
    const memory = memoryOf(1000);
    for (const pfn of [0, 255, 256, 511, 999]) memory.write(pfn * 4096 + 17, BYTE);
    expect(countsOf(memory, 0, 1000)).toEqual({ zero: 995, nonZero: 5, absent: 0, absences: {} });
  });

  test('are absent, not zero, where the dump does not hold them', () => {
    const memory = memoryOf(10, { notStored: [pfns(2, 3)], truncated: [pfns(8, 2)] });
    expect(countsOf(memory, 0, 10)).toEqual({
      zero: 5,
      nonZero: 0,
      absent: 5,
      absences: { notStored: 3, truncated: 2 },
    });
  });

  test('are absent outside all memory', () => {
    expect(countsOf(memoryOf(2), 1, 5)).toEqual({ zero: 1, nonZero: 0, absent: 3, absences: { hole: 3 } });
  });

  test('are absent for the pages alone that the system refuses to read', () => {
    const memory = memoryOf(300, { unreadable: [pfns(100, 1)] });
    expect(countsOf(memory, 0, 300)).toEqual({
      zero: 299,
      nonZero: 0,
      absent: 1,
      absences: { unreadable: 1 },
    });
  });

  test('of a page that is stored in part are judged by that part', () => {
    const memory = memoryOf(3, {
      notStored: [
        { start: 4096 + 1024, end: 8192 },
        { start: 8192 + 1024, end: 12288 },
      ],
    });
    memory.write(4096 + 2000, BYTE);
    memory.write(8192 + 1000, BYTE);
    expect(countsOf(memory, 0, 3)).toEqual({ zero: 2, nonZero: 1, absent: 0, absences: {} });
  });

  test('are read in pieces of 64 pages', () => {
    const memory = memoryOf(256);
    countsOf(memory, 0, 256);
    expect(memory.reads).toEqual([0, 64 * 4096, 128 * 4096, 192 * 4096]);
  });
});

describe('pages that the dump knows to be zero', () => {
  test('are counted without being read', () => {
    const memory = memoryOf(10);
    memory.survey = (_pfn, holdings) => holdings.fill(HoldingCode.zero);
    expect(countsOf(memory, 2, 7)).toMatchObject({ zero: 5, nonZero: 0, absent: 0 });
    expect(memory.reads).toEqual([]);
  });
});

describe('one page', () => {
  test('is zero, is not zero, or is unknown', () => {
    const memory = memoryOf(3, { notStored: [pfns(2, 1)] });
    memory.write(4096, BYTE);
    const pages = new ZeroPages(memory);
    expect([0, 1, 2, 3].map((pfn) => pages.isZero(pfn))).toEqual([true, false, undefined, undefined]);
  });
});

describe('the pfns of ranges of bytes', () => {
  test('are those that they touch, each once', () => {
    const ranges = [
      { start: 0x1000, end: 0x9fc00 },
      { start: 0x9fc00, end: 0xa0000 },
      { start: 0x100fff, end: 0x101001 },
    ];
    expect([...pfnRanges(ranges)]).toEqual([
      { start: 1, end: 0xa0 },
      { start: 0x100, end: 0x102 },
    ]);
  });
});
