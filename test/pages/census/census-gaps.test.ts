import { describe, expect, test } from 'vitest';
import { censusOf, countsWith, sumOf } from '../../builders/census.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, buddy, type PageSpec } from '../../builders/struct-page.ts';

const FIRST = PAGES_PER_SECTION;
const USER: PageSpec = { mapping: ANON_MAPPING };
/** `count` pages of user memory from pfn `first` on. */
const users = (first: number, count: number) =>
  Array.from({ length: count }, (_, i): [number, PageSpec] => [first + i, USER]);

const kernelOf = (plan: KernelPlan) => new BuiltKernel({ ram: [pfns(FIRST, 256)], ...plan });

describe('pages without a struct page', () => {
  test('are classified by their contents, and also counted separately', () => {
    const built = kernelOf({ sections: { absent: [1] } });
    built.memory.write((FIRST + 7) * 4096, Uint8Array.of(1));
    const census = censusOf(built.open());
    expect(census.withoutStructPage).toBe(256);
    expect(census.counts).toEqual(countsWith(built, { zero: 255, kernelData: 1 }));
    expect(census.unclassified.size).toBe(0);
  });

  test('are those of a section that is not marked present, whatever its map says', () => {
    const built = kernelOf({ sections: { flags: { 1: 2 } }, pages: users(FIRST, 256) });
    const census = censusOf(built.open());
    expect(census.withoutStructPage).toBe(256);
    expect(census.counts).toEqual(countsWith(built, { zero: 256 }));
  });
});

describe('pages whose contents are not in the dump', () => {
  test.each(['notStored', 'truncated', 'unreadable'] as const)(
    'are undecided where no rule excludes them (%s)',
    (absence) => {
      const built = kernelOf({ [absence]: [pfns(FIRST + 100, 50)], pages: users(FIRST + 90, 20) });
      const census = censusOf(built.open());
      expect(census.undecided).toBe(40);
      expect(census.counts).toEqual(countsWith(built, { user: 20, zero: 196 }));
      expect(sumOf(census.counts) + census.undecided).toBe(census.total);
    },
  );

  test('are classified by the part of them that is stored', () => {
    const start = (FIRST + 10) * 4096;
    const built = kernelOf({ notStored: [{ start: start + 1024, end: start + 4096 }] });
    built.memory.write(start + 2000, Uint8Array.of(1));
    const census = censusOf(built.open());
    expect(census.undecided).toBe(0);
    expect(census.counts).toEqual(countsWith(built, { zero: 256 }));
  });
});

describe('a page of the vmemmap that cannot be read', () => {
  test('takes the class from its 64 struct pages, and from no other', () => {
    const built = kernelOf({ pages: users(FIRST, 256) });
    built.unmapStructPage(FIRST + 64);
    const census = censusOf(built.open());
    expect([...census.unclassified]).toEqual([['the struct pages are not mapped', 64]]);
    expect(census.counts).toEqual(countsWith(built, { user: 192 }));
    expect(sumOf(census.counts) + 64).toBe(census.total);
  });

  test('is another thing when it is mapped but not in the dump', () => {
    const built = kernelOf({ pages: users(FIRST, 256) });
    const [first, third] = [0, 128].map((i) => built.vmemmapBacking(built.structPageAt(FIRST + i)));
    built.unmapStructPage(FIRST + 192);
    const absent = [first, third].map((start = 0) => ({ start, end: start + 4096 }));
    built.memory.plan({ described: built.described, notStored: absent });
    const census = censusOf(built.open());
    expect(new Map(census.unclassified)).toEqual(
      new Map([
        ['the struct pages are not in the dump', 128],
        ['the struct pages are not mapped', 64],
      ]),
    );
    expect(census.counts.user).toBe(64);
  });

  test('does not make what was read before it look like its own', () => {
    // The same place in two runs of 4096: in the first a free block, in the second nothing that can be read.
    const built = kernelOf({ ram: [pfns(FIRST, 8192)], pages: buddy(FIRST + 1024, 10) });
    built.unmapStructPage(FIRST + 4096 + 1024);
    const census = censusOf(built.open());
    expect(census.counts.free).toBe(1024);
    expect([...census.unclassified.values()]).toEqual([64]);
  });

  test('is counted once where a struct page reaches from it into another such page', () => {
    // 51.2 struct pages of 80 bytes fill a page: two of them hold 103, the last in part.
    const built = kernelOf({ shape: SHAPES['5.10'], structPageSize: 80, pages: users(FIRST, 256) });
    built.unmapStructPage(FIRST);
    built.unmapStructPage(FIRST + 52);
    const census = censusOf(built.open());
    expect([...census.unclassified.values()]).toEqual([103]);
    expect(census.counts.user).toBe(256 - 103);
    expect(sumOf(census.counts) + 103).toBe(census.total);
  });

  test('and its neighbours are reported once per page', () => {
    const built = kernelOf({});
    for (let i = 0; i < 256; i += 64) built.unmapStructPage(FIRST + i);
    expect([...censusOf(built.open()).unclassified]).toEqual([['the struct pages are not mapped', 256]]);
  });
});

describe('a memory map that cannot be read at all', () => {
  test.each(['SIZE(page)', 'SYMBOL(mem_section)', 'NUMBER(PG_lru)', 'OFFSET(page.mapping)'])(
    'is missing information without %s',
    (key) => {
      const failure = failureOf(() => censusOf(kernelOf({ keys: { [key]: null } }).open()));
      expect(failure).toMatchObject({ kind: 'missingInfo', facts: { key } });
    },
  );
});
