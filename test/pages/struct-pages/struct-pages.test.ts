import { describe, expect, test } from 'vitest';
import { StructPages } from '../../../src/pages/struct-pages/struct-pages.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import type { PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const WORDS = 16;
/** Struct pages that differ in the word at offset 48. */
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i): [number, PageSpec] => [FIRST + i, { type: i }]);
const numberAt = (pages: StructPages, i: number) => pages.words[i * WORDS + 12];

const open = (count: number) => new BuiltKernel({ ram: [pfns(FIRST, count)], pages: numbered(count + 1) });

describe('reading struct pages', () => {
  test('gets those of a run one after the other', () => {
    const pages = new StructPages(open(200).open());
    expect(pages.readRun(FIRST + 10, 100)).toEqual({ absent: false, unreadable: [] });
    expect([0, 53, 54, 99].map((i) => numberAt(pages, i))).toEqual([10, 63, 64, 109]);
  });

  test('gets one more where the last may be a head, whose order is after it', () => {
    const pages = new StructPages(open(65).open());
    pages.readRun(FIRST, 65);
    expect(numberAt(pages, 65)).toBe(65);
  });

  test('reads each page of the vmemmap once for a run', () => {
    const built = open(256);
    const pages = new StructPages(built.open());
    const backing = [0, 64, 128, 192].map((i) => built.vmemmapBacking(built.structPageAt(FIRST + i)));
    built.memory.reads.length = 0;
    pages.readRun(FIRST, 256);
    expect(built.memory.reads.filter((at) => backing.includes(at))).toEqual(backing);
  });

  test('says which of them cannot be read, and still gets the others', () => {
    const built = open(256);
    built.unmapStructPage(FIRST + 64);
    const pages = new StructPages(built.open());
    const { unreadable } = pages.readRun(FIRST + 10, 200);
    const reason = 'the struct pages are not mapped';
    expect(unreadable).toEqual([{ start: FIRST + 64, end: FIRST + 128, reason, lost: false }]);
    expect([0, 53, 118, 199].map((i) => numberAt(pages, i))).toEqual([10, 63, 128, 209]);
  });

  test('translates their address once for all that one page of the vmemmap maps', () => {
    const built = open(64);
    const kernel = built.open();
    const pages = new StructPages(kernel);
    pages.readRun(FIRST, 8);
    built.memory.reads.length = 0;
    pages.readRun(FIRST + 8, 8);
    pages.readRun(FIRST + 56, 8);
    const backing = built.vmemmapBacking(built.structPageAt(FIRST));
    expect(built.memory.reads).toEqual([backing + 8 * 64, backing + 56 * 64]);
  });

  test('says that a section has no struct pages', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 8)], sections: { absent: [1] } });
    const pages = new StructPages(built.open());
    expect(pages.readRun(FIRST, 8)).toEqual({ absent: true, unreadable: [] });
    expect(pages.addressOf(FIRST)).toBeNull();
  });

  test('has the address of each', () => {
    const built = open(8);
    expect(new StructPages(built.open()).addressOf(FIRST + 3)).toBe(built.vmemmap + BigInt((FIRST + 3) * 64));
  });

  test('cannot read any of a section whose entry cannot be read', () => {
    // Sections 256 and up are below the second root.
    const far = 256 * PAGES_PER_SECTION;
    const built = new BuiltKernel({ ram: [pfns(far, 8)] });
    const kernel = built.open();
    const array = Number((kernel.info.symbol('mem_section') ?? 0n) - built.pageOffset);
    built.memory.writeU64(array + 8, 0xffff_a000_dead_0000n);
    const pages = new StructPages(kernel);
    const reason = 'the struct pages are not mapped';
    expect(pages.readRun(far, 8)).toEqual({
      absent: false,
      unreadable: [{ start: far, end: far + 8, reason, lost: true }],
    });
  });
});
