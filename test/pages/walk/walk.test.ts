import { describe, expect, test } from 'vitest';
import { ClassJudge } from '../../../src/pages/classify/class-judge.ts';
import { Rule } from '../../../src/pages/classify/rules.ts';
import { pageKeys } from '../../../src/pages/struct-pages/page-keys.ts';
import { StructPages } from '../../../src/pages/struct-pages/struct-pages.ts';
import { Walk } from '../../../src/pages/walk/walk.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { buddy } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const RUN = 4096;
/** Struct pages in a page of the vmemmap. */
const IN_PAGE = 64;

/** Two runs of free blocks of 512 pages each, and which of the pages that hold the second's struct pages are read for it. */
function readFor(encoded: boolean): { pages: Set<number>; rules: number[] } {
  const heads = Array.from({ length: (2 * RUN) / 512 }, (_, i) => FIRST + i * 512);
  const built = new BuiltKernel({
    ram: [pfns(FIRST, 2 * RUN)],
    pages: heads.flatMap((head) => buddy(head, 9)),
  });
  built.memory.encoded = encoded;
  const kernel = built.open();
  const keys = pageKeys(kernel.info);
  const walk = new Walk(new StructPages(kernel), keys, new ClassJudge(keys));
  const second = FIRST + RUN;
  const backingOf = (page: number) => built.vmemmapBacking(built.structPageAt(second + page * IN_PAGE));
  const backing = new Map(Array.from({ length: RUN / IN_PAGE }, (_, page) => [backingOf(page), page]));
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
