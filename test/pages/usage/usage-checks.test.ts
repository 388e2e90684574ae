import { describe, expect, test } from 'vitest';
import type { Check } from '../../../src/kernel/evidence/check.ts';
import type { VmCounters } from '../../../src/kernel/objects/vm-counters.ts';
import type { PlaceUses } from '../../../src/pages/attribution/attribution.ts';
import { OwnerTable } from '../../../src/pages/attribution/owner-table.ts';
import { TRAITS, USES } from '../../../src/pages/attribution/page-uses.ts';
import { SlabObjects } from '../../../src/pages/attribution/slab-objects.ts';
import type { CheckFacts } from '../../../src/pages/usage/check-facts.ts';
import { usageChecks } from '../../../src/pages/usage/checks.ts';
import type { SlabUse } from '../../../src/pages/usage/slabs.ts';

type Some = Partial<PlaceUses['counts']>;

const countersOf = (values: Record<string, number>) => ({ get: (name: string) => values[name] });

function placeOf(node: number, zone: number, some: Some): PlaceUses {
  const all = [...USES, ...TRAITS].map((name) => [name, some[name] ?? 0]);
  return { node, zone, counts: Object.fromEntries(all) as PlaceUses['counts'] };
}

/** Two nodes, each with one zone of 100 pages. */
const PLACES = [
  placeOf(0, 1, {
    anonymous: 10,
    unmappedAnonymous: 3,
    free: 50,
    hugetlb: 0,
    slab: 4,
    slabHeads: 2,
    kernel: 36,
  }),
  placeOf(1, 1, {
    ...{ anonymous: 20, swapCachedAnonymous: 5, swapCache: 2, fileCache: 8, shmem: 1 },
    ...{ free: 40, unaccepted: 16, hugetlb: 4, reserved: 9 },
  }),
];
const NODES = [
  { NR_ANON_MAPPED: 7, NR_FILE_PAGES: 0, NR_SHMEM: 0, NR_SWAPCACHE: 0, NR_SLAB_UNRECLAIMABLE_B: 4 },
  { NR_ANON_MAPPED: 20, NR_FILE_PAGES: 16, NR_SHMEM: 1, NR_SWAPCACHE: 7, NR_SLAB_UNRECLAIMABLE_B: 0 },
];
const ZONES = [{ NR_FREE_PAGES: 50 }, { NR_FREE_PAGES: 56 }];
const ALL = {
  ...{ NR_ANON_MAPPED: 27, NR_FILE_PAGES: 16, NR_SHMEM: 1, NR_SWAPCACHE: 7, NR_SLAB_UNRECLAIMABLE_B: 4 },
  ...{ NR_FREE_PAGES: 106, NR_KERNEL_STACK_KB: 64 },
};

function countersWith(changes: Record<string, number>): VmCounters {
  const zone = (node: number) => ({
    ...{ node, index: 1, name: 'DMA32', managed: node === 0 ? 100 : 91, freeHeldBack: 0 },
    ...countersOf(ZONES[node] as Record<string, number>),
  });
  return {
    ...countersOf({ ...ALL, ...changes }),
    nodes: NODES.map((values, node) => ({ node, ...countersOf(values) })),
    zones: [zone(0), zone(1)],
  };
}

function factsOf(changes: Partial<CheckFacts> = {}, places = PLACES): CheckFacts {
  const uses = Object.fromEntries(
    USES.map((use) => [use, places.reduce((sum, { counts }) => sum + counts[use], 0)]),
  ) as CheckFacts['attribution']['uses'];
  const table = new OwnerTable();
  return {
    attribution: {
      ...{ total: 200, uses, places, slabs: table, mappings: table, hugetlb: table, exact: true },
      ...{ slabObjects: new SlabObjects(), strays: 0 },
      unreadable: new Map(),
    },
    counters: countersWith({}),
    slabs: {
      caches: [{ slabs: 2 } as SlabUse],
      unlisted: { pages: 0 },
      whole: true,
      ...{ waiting: 0, checks: [] },
    },
    vmalloc: {
      ...{ pages: 20, codePages: 5, stackPages: 28, spareStacks: { cached: 8, other: 4 } },
      ...{ areas: 9, callers: [], whole: true },
    },
    hugetlb: [{ pagesPerHugePage: 4, total: 1, free: 0, reserved: 0, surplus: 0, nodes: [0, 1] }],
    marked: { largeKmalloc: true, zsmalloc: true },
    ...{ percpu: null, cpuFree: 0, boot: null, whole: true, movement: null },
    ...{ vmallocCounter: 53, managed: 191, balloon: 0, unacceptedListed: 16 },
    ...changes,
  };
}

const named = ({ name, node, zone }: Check) =>
  [name, node, zone].filter((part) => part !== undefined).join(' ');
/** All checks but those that are equal. */
const unequal = (changes: Partial<CheckFacts> = {}, places = PLACES) =>
  usageChecks(factsOf(changes, places))
    .filter(({ verdict }) => verdict !== 'equal')
    .map((check) => [named(check), check.verdict, check.counted - check.kernel]);
const EXPLAINED = [
  ['NR_ANON_MAPPED', 'explained', 3],
  ['NR_ANON_MAPPED 0', 'explained', 3],
  ['NR_FILE_PAGES', 'explained', -5],
  ['NR_FILE_PAGES 1', 'explained', -5],
  ['NR_FREE_PAGES', 'explained', -16],
  ['NR_FREE_PAGES 1 DMA32', 'explained', -16],
  ['NR_KERNEL_STACK_KB / 4', 'explained', 12],
];

describe('the figures of usage', () => {
  test('may count the stacks of ended tasks, as a real-time kernel of 5.10 does, but all or none', () => {
    const stacks = (kib: number) =>
      usageChecks(factsOf({ counters: countersWith({ NR_KERNEL_STACK_KB: kib }) }))
        .filter(({ name }) => name === 'NR_KERNEL_STACK_KB / 4')
        .map(({ verdict, explained }) => [verdict, ...explained.map(({ count }) => count)]);
    expect(stacks(64)).toEqual([['explained', 8, 4]]);
    expect(stacks(80)).toEqual([['explained', 8]]);
    expect(stacks(72)).toEqual([['contradicted', 8, 4]]);
    expect(stacks(112)).toEqual([['contradicted', 8, 4]]);
  });

  test('are compared with all that the kernel has, also by node and zone', () => {
    expect(unequal()).toEqual(EXPLAINED);
    expect(usageChecks(factsOf()).map(named)).toEqual([
      ...['NR_ANON_MAPPED', 'NR_ANON_MAPPED 0', 'NR_ANON_MAPPED 1'],
      ...['NR_FILE_PAGES', 'NR_FILE_PAGES 0', 'NR_FILE_PAGES 1', 'NR_SHMEM', 'NR_SHMEM 0', 'NR_SHMEM 1'],
      ...['NR_SWAPCACHE', 'NR_SWAPCACHE 0', 'NR_SWAPCACHE 1'],
      'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B',
      ...[0, 1].map((node) => `NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B ${node}`),
      ...['NR_FREE_PAGES', 'NR_FREE_PAGES 0 DMA32', 'NR_FREE_PAGES 1 DMA32'],
      ...['nr_huge_pages', 'nr_huge_pages_node 0', 'nr_huge_pages_node 1', 'nr_slabs', 'unaccepted_pages'],
      ...['_totalram_pages', 'NR_KERNEL_STACK_KB / 4', 'nr_vmalloc_pages'],
      '_totalram_pages, managed_pages of all zones',
    ]);
  });

  test.each<[string, Partial<CheckFacts>, number]>([
    ['NR_ANON_MAPPED', { counters: countersWith({ NR_ANON_MAPPED: 26 }) }, 4],
    ['NR_SWAPCACHE', { counters: countersWith({ NR_SWAPCACHE: 8 }) }, -1],
    ['NR_ZSPAGES', { counters: countersWith({ NR_ZSPAGES: 8 }) }, -8],
    [
      'nr_slabs',
      {
        slabs: {
          caches: [{ slabs: 1 } as SlabUse],
          unlisted: { pages: 0 },
          whole: true,
          ...{ waiting: 0, checks: [] },
        },
      },
      1,
    ],
    ['unaccepted_pages', { unacceptedListed: 0 }, 16],
    ['nr_vmalloc_pages', { vmallocCounter: 50 }, 3],
  ])('are contradicted by %s', (name, changes, off) => {
    const found = unequal(changes).filter(([, verdict]) => verdict === 'contradicted');
    expect(found).toEqual([[name, 'contradicted', off]]);
  });

  test('are contradicted node by node where those of the machine agree', () => {
    const places = PLACES.map((place) => ({ ...place, node: 1 - place.node }));
    const found = unequal({}, places).filter(([, verdict]) => verdict === 'contradicted');
    expect(found.map(([name]) => name)).toEqual(
      expect.arrayContaining(['NR_ANON_MAPPED 0', 'NR_FREE_PAGES 0 DMA32', 'nr_huge_pages_node 1']),
    );
    expect(found.filter(([name]) => /^\S+$/.test(`${name}`))).toEqual([]);
  });

  test('have the memory of per-CPU variables, where all of its chunks were found', () => {
    const percpu = { counted: 12, chunks: 7, first: 2, before: 5, problems: [], whole: true };
    const pcpu = (changes: Partial<typeof percpu>) =>
      usageChecks(factsOf({ percpu: { ...percpu, ...changes } })).find(
        ({ name }) => name === 'pcpu_nr_populated',
      );
    expect(pcpu({})).toMatchObject({ counted: 12, kernel: 12, verdict: 'equal' });
    expect(pcpu({ chunks: 6 })).toMatchObject({ verdict: 'contradicted' });
    expect(pcpu({ whole: false })).toBeUndefined();
  });

  test('may differ by what moved of their own counters while memory was read', () => {
    const counters = countersWith({ NR_ANON_MAPPED: 26, NR_SHMEM: 3 });
    const movement = (names: readonly string[]) => ({
      by: 'it moved',
      upTo: names.includes('NR_ANON_MAPPED') ? 1 : 0,
    });
    expect(unequal({ counters, movement })).toEqual(
      expect.arrayContaining([
        ['NR_ANON_MAPPED', 'moving', 4],
        ['NR_SHMEM', 'contradicted', -2],
      ]),
    );
  });
});

describe('a comparison that would be no evidence', () => {
  const names = (changes: Partial<CheckFacts>) => usageChecks(factsOf(changes)).map(named);

  test('is absent: large kmalloc without a page type, unless there are more slabs than the counter has', () => {
    const marked = { largeKmalloc: false, zsmalloc: false };
    const slab = 'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B';
    expect(names({ marked })).not.toContain(slab);
    const fewer = countersWith({ NR_SLAB_UNRECLAIMABLE_B: 3, NR_ZSPAGES: 7 });
    expect(names({ marked, counters: fewer })).toContain(slab);
    expect(names({ marked, counters: fewer })).not.toContain('NR_ZSPAGES');
    expect(names({ counters: fewer })).toContain('NR_ZSPAGES');
  });

  test('is absent: what was lost, or what this kernel does not have', () => {
    const { attribution, vmalloc, slabs } = factsOf();
    expect(names({ attribution: { ...attribution, exact: false } })).toEqual([
      'NR_KERNEL_STACK_KB / 4',
      'nr_vmalloc_pages',
      '_totalram_pages, managed_pages of all zones',
    ]);
    const lists = vmalloc && { ...vmalloc, whole: false };
    expect(names({ vmalloc: lists }).filter((name) => /STACK|vmalloc/.test(name))).toEqual([]);
    expect(names({ vmalloc: vmalloc && { ...vmalloc, spareStacks: null } })).not.toContain(
      'NR_KERNEL_STACK_KB / 4',
    );
    expect(names({ slabs: slabs && { ...slabs, whole: false } })).not.toContain('nr_slabs');
    const uncounted = slabs && { ...slabs, caches: [{ slabs: null } as SlabUse, { slabs: 2 } as SlabUse] };
    expect(names({ slabs: uncounted })).not.toContain('nr_slabs');
    expect(names({ counters: null, hugetlb: null, managed: null, unacceptedListed: null })).toEqual([
      'nr_slabs',
      'nr_vmalloc_pages',
    ]);
  });
});

describe('_totalram_pages', () => {
  test.each([
    ['has the pages of a balloon that gives way on demand', 7, 198, 'explained'],
    ['has no pages of other balloons', 7, 191, 'equal'],
    ['is contradicted where a balloon is not all of the difference', 7, 197, 'contradicted'],
  ])('%s', (_, balloon, managed, verdict) => {
    const checks = usageChecks(factsOf({ balloon, managed }));
    expect(checks.find(({ name }) => name === '_totalram_pages')).toMatchObject({ verdict });
  });

  test('has no struct pages of added memory that lie in it', () => {
    const boot = { image: 0, memmap: { reserved: 0, other: 9, within: 5 }, exact: true };
    const totals = (managed: number) =>
      usageChecks(factsOf({ boot, managed })).find(({ name }) => name === '_totalram_pages');
    expect(totals(186)).toMatchObject({ verdict: 'explained', explained: [{ count: 5 }] });
    expect(totals(185)).toMatchObject({ verdict: 'contradicted' });
  });
});
