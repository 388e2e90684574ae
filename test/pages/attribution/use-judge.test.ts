import { describe, expect, test } from 'vitest';
import { type PageUse, PLACE_COUNTS, Trait, USES, Use } from '../../../src/pages/attribution/page-uses.ts';
import { UseJudge } from '../../../src/pages/attribution/use-judge.ts';
import { Walk } from '../../../src/pages/walk/walk.ts';
import { SHAPES, type Shape } from '../../builders/kernel-shapes.ts';
import {
  ANON_MAPPING,
  buddy,
  compound,
  FILE_MAPPING,
  hugetlb,
  type PageSpec,
} from '../../builders/struct-page.ts';
import { useKeysOf } from '../../builders/use-keys.ts';
import { WrittenStructPages } from '../../builders/written-struct-pages.ts';

const CACHE = 0xffff_8880_0044_5500n;

/** Judges pages from pfn `first` on, in runs of `length`. @param change made to the words of each run */
function judged(
  shape: Shape,
  pages: Iterable<[number, PageSpec]>,
  count: number,
  length = count,
  { first = 1024, keys = useKeysOf(shape), change = (_: Int32Array) => {} } = {},
): UseJudge {
  const walk = new Walk(new WrittenStructPages(shape, pages, change), keys, new UseJudge(keys));
  for (let pfn = first; pfn < first + count; pfn += length)
    walk.run(pfn, Math.min(length, first + count - pfn));
  return walk.judge;
}

function usesOf({ uses }: UseJudge): Partial<Record<PageUse, number>> {
  return Object.fromEntries(USES.map((use, i) => [use, uses[i] ?? 0]).filter(([, pages]) => pages !== 0));
}

const SHAPE_NAMES = ['5.10', '6.6', '6.9', '6.11', '6.12', '7.1'] as const;

describe.each(SHAPE_NAMES)('the use of pages in %s', (name) => {
  const shape = SHAPES[name];
  const slab: PageSpec = shape.types.slab === undefined ? { flags: ['slab'] } : { type: 'slab' };

  const SINGLE: [PageUse, PageSpec][] = [
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
  ];
  /** Not every kernel has every flag. */
  const possible = SINGLE.filter(([, { flags = [] }]) =>
    flags.every((flag) => shape.flags[flag] !== undefined),
  );

  test.each(possible)('is %s by its struct page', (use, spec) => {
    expect(usesOf(judged(shape, [[1024, spec]], 1))).toEqual({ [use]: 1 });
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
      expect(usesOf(judged(shape, pages, 128, length)), `${length}`).toEqual(wanted);
  });

  test('comes with an owner: whole compounds for caches and files, and no owner for other pages', () => {
    const huge = hugetlb(shape, 1088, 6).map(([pfn, spec]): [number, PageSpec] =>
      pfn === 1088 ? [pfn, { ...spec, mapping: FILE_MAPPING + 0x1000n }] : [pfn, spec],
    );
    const {
      slabs,
      mappings,
      hugetlb: files,
    } = judged(
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

  test('is not that of a free block of an impossible order', () => {
    expect(usesOf(judged(shape, buddy(1024, 30), 4))).toEqual({ kernel: 4 });
  });
});

describe('the place of pages', () => {
  const shape = SHAPES['6.12'];
  const countsOf = ({ places }: UseJudge, place: number, ...names: (keyof typeof Trait | PageUse)[]) =>
    names.map((name) => places[place * PLACE_COUNTS + { ...Use, ...Trait }[name]]);
  /** Node and zone, as the upper half of the flags has them: see useKeysOf. */
  const at = (place: number, spec: PageSpec): PageSpec => ({ ...spec, flagsHigh: (place << 26) | 0x3f });

  test('is that of the head, and has all uses beside those of other places', () => {
    const [head, ...tails] = compound(1024, 2, { type: 'slab', mapping: CACHE });
    const pages: [number, PageSpec][] = [
      [1024, at(5, (head as [number, PageSpec])[1])],
      ...tails,
      [1028, at(5, { type: 'slab' })],
      [1029, at(63, { type: 'slab' })],
    ];
    const judge = judged(shape, pages, 6);
    expect(countsOf(judge, 5, 'slab', 'slabHeads', 'kernel')).toEqual([5, 2, 0]);
    expect(countsOf(judge, 63, 'slab', 'slabHeads')).toEqual([1, 1]);
    expect(judge.places.reduce((sum, count) => sum + count, 0)).toBe(6 + 3);
  });
});

describe('anonymous pages that the kernel does not count as mapped', () => {
  const shape = SHAPES['6.12'];
  const anonymous: PageSpec = { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING };
  const traitsOf = (pages: [number, PageSpec][], count: number, length = count) => {
    const { places } = judged(shape, pages, count, length);
    return [places[Trait.unmappedAnonymous], places[Trait.swapCachedAnonymous]];
  };

  /** A page or a part of a compound that so many map by itself. */
  const mapped = (times: number): PageSpec => ({ type: times - 1 });

  test('are those whose _mapcount is -1, one by one', () => {
    const pages = [1, 0, 4, 0].map((times, i): [number, PageSpec] => [
      1024 + i,
      { ...anonymous, ...mapped(times) },
    ]);
    expect(traitsOf(pages, 4)).toEqual([2, 0]);
  });

  const half = compound(1024, 4, { ...anonymous, ...mapped(1) }).map(([pfn, spec]): [number, PageSpec] => [
    pfn,
    pfn < 1029 ? { ...spec, ...mapped(2) } : spec,
  ]);

  test('are each page of a compound by itself, over the ends of runs', () => {
    for (const length of [16, 7, 2]) expect(traitsOf(half, 16, length), `${length}`).toEqual([11, 0]);
  });

  test('are never those of a compound that a page table maps as a whole', () => {
    const keys = { ...useKeysOf(shape), entireMapcount: 16 + 21 };
    for (const [entire, unmapped] of [
      [-1, 11],
      [0, 0],
      [2, 0],
    ] as const) {
      const change = (words: Int32Array) => {
        words[keys.entireMapcount] = entire;
      };
      const { places } = judged(shape, half, 16, 16, { keys, change });
      expect(places[Trait.unmappedAnonymous], `${entire}`).toBe(unmapped);
    }
  });

  test('are counted separately from those of the swap cache, where a head speaks for its compound', () => {
    const swapped: PageSpec = {
      flags: ['lru', 'swapbacked', 'swapcache'],
      mapping: ANON_MAPPING,
      ...mapped(1),
    };
    expect(traitsOf([[1024, swapped], ...compound(1028, 2, swapped)], 8)).toEqual([3, 5]);
  });
});
