import { describe, expect, test } from 'vitest';
import { censusOf, countsWith, sumOf } from '../../builders/census.ts';
import { BuiltKernel, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES, type ShapeName } from '../../builders/kernel-shapes.ts';
import { ANON_MAPPING, buddy, compound, hugetlb, type PageSpec } from '../../builders/struct-page.ts';

/** The tested pages lie in section 1; the kernel's own in section 0. */
const FIRST = PAGES_PER_SECTION;
const at = (offset: number, spec: PageSpec): [number, PageSpec] => [FIRST + offset, spec];

/** A page of each kind, and 24 pages of blocks, of 100. */
const mixed = (name: ShapeName): [number, PageSpec][] => [
  at(0, { flags: ['lru'] }),
  at(1, { flags: ['lru'] }),
  at(2, { flags: ['lru', 'private'] }),
  at(3, { mapping: ANON_MAPPING }),
  at(4, { flags: ['hwpoison'] }),
  at(5, { type: 'offline' }),
  ...buddy(FIRST + 8, 3),
  ...hugetlb(SHAPES[name], FIRST + 16, 4),
];

describe('a census', () => {
  test.each(['5.10', '6.3', '6.6', '6.9', '6.12', '7.1'] as const)(
    'puts each page into one class, on a kernel like %s',
    (name) => {
      const built = new BuiltKernel({ shape: SHAPES[name], ram: [pfns(FIRST, 100)], pages: mixed(name) });
      built.memory.write((FIRST + 50) * 4096 + 5, Uint8Array.of(1));
      const census = censusOf(built.open());
      expect(census.counts).toEqual(
        countsWith(built, {
          nonPrivateCache: 2,
          privateCache: 1,
          user: 1 + 16,
          hwpoison: 1,
          offline: 1,
          free: 8,
          kernelData: 1,
          zero: 100 - 2 - 1 - 17 - 1 - 1 - 8 - 1,
        }),
      );
      expect(census.total).toBe(built.own.pages + 100);
      expect(sumOf(census.counts)).toBe(census.total);
    },
  );

  test('counts a page of 6.11 that has no type by its contents', () => {
    const built = new BuiltKernel({
      shape: SHAPES['6.11'],
      ram: [pfns(FIRST, 8)],
      pages: [at(3, { type: -1 })],
    });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { zero: 8 }));
  });

  test('does not look for zeros in pages that another rule excludes', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 2)], pages: [at(0, { mapping: ANON_MAPPING })] });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 1, zero: 1 }));
  });

  test('keeps a free block of a bad order, and says how many there are', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 4)], pages: buddy(FIRST, 40) });
    const census = censusOf(built.open());
    expect(census.badOrders).toBe(1);
    expect(census.counts).toEqual(countsWith(built, { zero: 4 }));
  });

  test('keeps the tails of a compound page that no rule excludes', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 8)], pages: compound(FIRST, 3, {}) });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { zero: 8 }));
  });

  test('tells of its progress up to the end', () => {
    const built = new BuiltKernel({ ram: [pfns(FIRST, 5000)] });
    const told: [number, number][] = [];
    const { total } = censusOf(built.open(), (done, of) => told.push([done, of]));
    expect(told.map(([, of]) => of)).toEqual(told.map(() => total));
    expect(told.at(-1)).toEqual([total, total]);
    expect(told.map(([done]) => done)).toEqual([...told.map(([done]) => done)].sort((a, b) => a - b));
  });

  test('works the same with 5 levels, memory encryption and KASLR', () => {
    const built = new BuiltKernel({
      levels: 5,
      smeMask: 1n << 47n,
      kernelOffset: 0x1e00_0000n,
      physBase: -0x1c00_0000n,
      pageOffset: 0xff23_4567_4000_0000n,
      vmemmap: 0xffd5_1234_4000_0000n,
      ram: [pfns(FIRST, 32)],
      pages: buddy(FIRST, 5),
    });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { free: 32 }));
  });
});

describe('a head at the end of what is described', () => {
  test('speaks for its pages after the end of a run', () => {
    // Order 13 is two runs of 4096 pages; after the first tail the struct pages are blank.
    const start = compound(FIRST, 13, { mapping: ANON_MAPPING }).slice(0, 2);
    const built = new BuiltKernel({ ram: [pfns(FIRST, 8193)], pages: start });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 8192, zero: 1 }));
  });

  test('speaks for its pages after a hole, and not for those in it', () => {
    const ram = [pfns(FIRST, 100), pfns(FIRST + 300, 300)];
    const built = new BuiltKernel({ ram, pages: compound(FIRST, 9, { mapping: ANON_MAPPING }) });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 100 + 212, zero: 88 }));
  });

  test('has its order read from the struct page after the described ones', () => {
    // 65 described pages: the head is the last of them, and page[1] is in the next page of the vmemmap.
    const ram = [pfns(FIRST, 65), pfns(FIRST + 100, 100)];
    const built = new BuiltKernel({ ram, pages: compound(FIRST + 64, 6, { mapping: ANON_MAPPING }) });
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { user: 1 + 28, zero: 64 + 72 }));
  });

  test('has its order read there even if other struct pages of its run cannot be read', () => {
    const ram = [pfns(FIRST, 129), pfns(FIRST + 164, 100)];
    const built = new BuiltKernel({ ram, pages: compound(FIRST + 128, 6, { mapping: ANON_MAPPING }) });
    built.unmapStructPage(FIRST);
    const census = censusOf(built.open());
    expect(census.counts).toEqual(countsWith(built, { user: 1 + 28, zero: 64 + 72 }));
  });
});
