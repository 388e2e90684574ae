import { describe, expect, test } from 'vitest';
import { USES } from '../../../src/pages/attribution/page-uses.ts';
import { UseJudge } from '../../../src/pages/attribution/use-judge.ts';
import { ClassJudge } from '../../../src/pages/classify/class-judge.ts';
import { Rule } from '../../../src/pages/classify/rules.ts';
import { pageKeys } from '../../../src/pages/struct-pages/page-keys.ts';
import { StructPages } from '../../../src/pages/struct-pages/struct-pages.ts';
import { Walk } from '../../../src/pages/walk/walk.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { ANON_MAPPING, buddy, compound, type PageSpec } from '../../builders/struct-page.ts';
import { useKeysOf } from '../../builders/use-keys.ts';

const FIRST = PAGES_PER_SECTION;
const RUN = 4096;
/** Struct pages in a page of the vmemmap. */
const IN_PAGE = 64;

/**
 * Two runs of free blocks of 512 pages each, and which of the pages that hold the second's struct pages are
 * read for it.
 */
function readFor(encoded: boolean): { pages: Set<number>; rules: number[] } {
  const heads = Array.from({ length: (2 * RUN) / 512 }, (_, i) => FIRST + i * 512);
  const built = new BuiltKernel({
    ram: [pfns(FIRST, 2 * RUN)],
    pages: heads.flatMap((head) => buddy(head, 9)),
  });
  built.memory.encoded = encoded;
  const second = FIRST + RUN;
  // This changes page tables, which a kernel reads once.
  const backingOf = (page: number) => built.vmemmapBacking(built.structPageAt(second + page * IN_PAGE));
  const backing = new Map(Array.from({ length: RUN / IN_PAGE }, (_, page) => [backingOf(page), page]));
  const kernel = built.open();
  const keys = pageKeys(kernel.info);
  const walk = new Walk(new StructPages(kernel), keys, new ClassJudge(keys));
  walk.run(FIRST, RUN);
  built.memory.reads.length = 0;
  const { extents } = walk.judge;
  extents.clear();
  walk.run(second, RUN);
  const pages = built.memory.reads.flatMap((at) => backing.get(at) ?? []);
  return { pages: new Set(pages), rules: [...extents.rules.subarray(0, extents.length)] };
}

describe('struct pages inside of large blocks', () => {
  test('are not read where each page has to be decoded: of a block after another, the first page of them says all', () => {
    const { pages, rules } = readFor(true);
    expect(rules).toEqual([Rule.buddy]);
    expect([...pages]).toEqual([0, 8, 16, 24, 32, 40, 48, 56]);
  });

  test('are read in one go where they lie as they are, because that costs less than many reads', () => {
    const { pages, rules } = readFor(false);
    expect(rules).toEqual([Rule.buddy]);
    expect(pages.size).toBe(RUN / IN_PAGE);
  });
});

/**
 * A block of 1024 pages, and after it a page of the kernel, as uses; and which pages of the vmemmap were
 * read.
 */
function usesOf(pages: [number, PageSpec][], { encoded = false, lost = -1 } = {}) {
  const built = new BuiltKernel({ ram: [pfns(FIRST, 1025)], pages });
  if (lost >= 0) built.unmapStructPage(FIRST + lost);
  built.memory.encoded = encoded;
  const kernel = built.open();
  const keys = useKeysOf(built.shape);
  const walk = new Walk(new StructPages(kernel), keys, new UseJudge(keys));
  built.memory.reads.length = 0;
  // Two runs, so that the second starts inside the block.
  walk.run(FIRST, 64);
  walk.run(FIRST + 64, 961);
  const backing = Array.from({ length: 16 }, (_, n) =>
    built.vmemmapBacking(built.structPageAt(FIRST + n * IN_PAGE)),
  );
  const read = backing.filter((at) => built.memory.reads.includes(at)).length;
  const { uses } = walk.judge;
  const found = USES.flatMap((use, i) => (uses[i] ? [[use, uses[i]]] : []));
  return { uses: Object.fromEntries(found), read, failures: [...walk.failures] };
}

const FREE = buddy(FIRST, 10);
/** The order is what the first tail has; tails beyond those given are blank, which no one asks. */
const ANONYMOUS = compound(FIRST, 10, { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING });

describe('the uses of pages inside of a block', () => {
  test('need no struct page but the head of a free block', () => {
    const { uses, read } = usesOf(FREE, { encoded: true });
    expect([uses, read]).toEqual([{ free: 1024, kernel: 1 }, 1]);
  });

  test('need all struct pages of an anonymous compound, each of which may be mapped by itself', () => {
    const { uses, read } = usesOf(ANONYMOUS, { encoded: true });
    expect([uses, read]).toEqual([{ anonymous: 1024, kernel: 1 }, 16]);
  });

  test('are known where the struct pages of a free block are lost, except the head', () => {
    expect(usesOf(FREE, { lost: 128 })).toMatchObject({ uses: { free: 1024, kernel: 1 }, failures: [] });
  });

  test('are unknown where those of an anonymous compound are lost: how often they are mapped is not known', () => {
    expect(usesOf(ANONYMOUS, { lost: 128 })).toMatchObject({
      uses: { anonymous: 960, unreadable: 64, kernel: 1 },
      failures: [['the struct pages are not mapped', 64]],
    });
  });
});
