import { describe, expect, test } from 'vitest';
import { Vmcoreinfo } from '../../src/kernel/vmcoreinfo.ts';
import { type Tally, tallyRun } from '../../src/pages/attribution-loop.ts';
import { OwnerTable } from '../../src/pages/owner-table.ts';
import { pageKeys } from '../../src/pages/page-keys.ts';
import { type PageUse, USES, Use } from '../../src/pages/page-uses.ts';
import type { UseKeys } from '../../src/pages/use-keys.ts';
import { SHAPES, type Shape } from '../builders/kernel-shapes.ts';
import {
  ANON_MAPPING,
  buddy,
  compound,
  FILE_MAPPING,
  hugetlb,
  type PageSpec,
  pageWords,
} from '../builders/struct-page.ts';

const NEVER = { word: 0, mask: 0, value: 1 };
const CACHE = 0xffff_8880_0044_5500n;
const RESERVED = 1 << 28;

function keysOf(shape: Shape): UseKeys {
  const text = Object.entries(shape.keys)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
  const keys = pageKeys(new Vmcoreinfo({ text, source: 'made-up' }));
  return {
    ...keys,
    pageTable: { word: keys.type, mask: -1, value: (shape.types.table ?? 0) | 0 },
    largeKmalloc: NEVER,
    zsmalloc: NEVER,
    reservedMask: RESERVED,
    swapbackedMask: 1 << (shape.flags.swapbacked ?? 0),
    slabCache: 6,
    movableMapping: shape !== SHAPES['7.1'],
  };
}

function newTally(): Tally {
  return {
    uses: new Float64Array(USES.length),
    slabs: new OwnerTable(),
    mappings: new OwnerTable(),
    hugetlb: new OwnerTable(),
    cover: { use: Use.kernel, until: 0 },
  };
}

/** Tallies pages from pfn `first` on in runs of `length`. */
function tallied(
  shape: Shape,
  pages: [number, PageSpec][],
  count: number,
  length = count,
  first = 1024,
): Tally {
  const tally = newTally();
  const specs = new Map(pages);
  for (let pfn = first; pfn < first + count; pfn += length) {
    const run = Math.min(length, first + count - pfn);
    tallyRun(pageWords(shape, pfn, run, specs), pfn, run, keysOf(shape), tally);
  }
  return tally;
}

function usesOf({ uses }: Tally): Partial<Record<PageUse, number>> {
  return Object.fromEntries(USES.map((use, i) => [use, uses[i] ?? 0]).filter(([, pages]) => pages !== 0));
}

const SHAPE_NAMES = ['5.10', '6.6', '6.9', '6.11', '6.12', '7.1'] as const;

describe.each(SHAPE_NAMES)('the use of pages in %s', (name) => {
  const shape = SHAPES[name];
  const slab: PageSpec = shape.types.slab === undefined ? { flags: ['slab'] } : { type: 'slab' };

  test.each([
    ['slab', { ...slab, mapping: CACHE }],
    ['anonymous', { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING }],
    ['anonymous', { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING | 2n }],
    ['fileCache', { flags: ['lru'], mapping: FILE_MAPPING }],
    ['fileCache', { flags: ['lru', 'private'], mapping: FILE_MAPPING }],
    ['fileCache', { mapping: FILE_MAPPING }],
    ['shmem', { flags: ['lru', 'swapbacked'], mapping: FILE_MAPPING }],
    ['swapCache', { flags: ['lru', 'swapbacked', 'swapcache'] }],
    ['offline', { type: 'offline' }],
    ['hwpoison', { flags: ['hwpoison'] }],
    ['kernel', {}],
    ['kernel', { mapping: 0x1234_5678n }],
  ] as [PageUse, PageSpec][])('is %s by its struct page', (use, spec) => {
    if (spec.flags?.some((flag) => shape.flags[flag] === undefined)) return;
    expect(usesOf(tallied(shape, [[1024, spec]], 1))).toEqual({ [use]: 1 });
  });

  test('is that of the head for all pages of a block or compound, over the ends of runs', () => {
    const pages = [
      ...buddy(1024, 5),
      ...compound(1056, 3, { flags: ['lru', 'swapbacked'], mapping: FILE_MAPPING }),
      ...compound(1064, 3, slab),
      ...compound(1072, 3, {}),
      ...hugetlb(shape, 1088, 6),
    ];
    const wanted = { free: 32, shmem: 8, slab: 8, kernel: 16, hugetlb: 64 };
    for (const length of [128, 50, 7])
      expect(usesOf(tallied(shape, pages, 128, length)), `${length}`).toEqual(wanted);
  });

  test('goes with an owner: whole compounds for caches and files, none for what has none', () => {
    const huge = hugetlb(shape, 1088, 6).map(([pfn, spec]): [number, PageSpec] =>
      pfn === 1088 ? [pfn, { ...spec, mapping: FILE_MAPPING + 0x1000n }] : [pfn, spec],
    );
    const {
      slabs,
      mappings,
      hugetlb: files,
    } = tallied(
      shape,
      [
        [1024, { flags: ['lru'], mapping: FILE_MAPPING }],
        [1025, { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING }],
        ...compound(1028, 2, { flags: ['lru'], mapping: FILE_MAPPING }),
        ...compound(1032, 3, { ...slab, mapping: CACHE }),
        [1041, { ...slab, mapping: CACHE }],
        ...huge,
      ],
      128,
      29,
    );
    expect(mappings.largest(9)).toEqual([{ address: FILE_MAPPING, pages: 5 }]);
    expect(slabs.largest(9)).toEqual([{ address: CACHE, pages: 9 }]);
    expect(files.largest(9)).toEqual([{ address: FILE_MAPPING + 0x1000n, pages: 64 }]);
  });

  test('is not that of a free block whose order there is none of', () => {
    expect(usesOf(tallied(shape, buddy(1024, 30), 4))).toEqual({ kernel: 4 });
  });
});
