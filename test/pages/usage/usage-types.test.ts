import { describe, expect, test } from 'vitest';
import type { PercpuMemory } from '../../../src/kernel/objects/percpu-memory.ts';
import { OwnerTable } from '../../../src/pages/attribution/owner-table.ts';
import { USES } from '../../../src/pages/attribution/page-uses.ts';
import { SlabObjects } from '../../../src/pages/attribution/slab-objects.ts';
import { type TypeFacts, typeUses } from '../../../src/pages/usage/types.ts';
import type { VmallocUses } from '../../../src/pages/usage/vmalloc.ts';

const VMALLOC: VmallocUses = {
  pages: 20,
  codePages: 5,
  stackPages: 8,
  spareStacks: null,
  areas: 9,
  callers: [],
  whole: true,
};
const PERCPU: PercpuMemory = { counted: 12, chunks: 12, first: 2, before: 0, problems: [], whole: true };
const COUNTERS = new Map([
  ['NR_FREE_PAGES', 100],
  ['NR_KERNEL_STACK_KB', 24],
  ['NR_SLAB_UNRECLAIMABLE_B', 33],
]);

/**
 * A kernel of 300 pages: 100 of the kernel's that nothing marks, 100 free, 60 reserved, 30 of slabs, 10
 * anonymous.
 */
function factsOf(changes: Partial<TypeFacts> = {}, exact = true): TypeFacts {
  const some: Readonly<Record<string, number>> = {
    kernel: 100,
    free: 100,
    reserved: 60,
    slab: 30,
    anonymous: 10,
  };
  const uses = Object.fromEntries(
    USES.map((use) => [use, some[use] ?? 0]),
  ) as TypeFacts['attribution']['uses'];
  const table = new OwnerTable();
  return {
    attribution: {
      ...{ total: 300, uses, places: [], slabs: table, mappings: table, hugetlb: table, exact },
      ...{ slabObjects: new SlabObjects(), strays: 0 },
      unreadable: exact ? new Map() : new Map([['gone', 7]]),
    },
    counters: COUNTERS,
    ...{ vmalloc: VMALLOC, percpu: PERCPU, cpuFree: 4, hugetlb: [], vmallocCounter: 33, managed: 240 },
    boot: { image: 15, memmap: { reserved: 5, other: 6, within: 0 }, exact: true },
    whole: exact,
    ...changes,
  };
}

const rowsOf = (...facts: Parameters<typeof factsOf>) => typeUses(factsOf(...facts)).rows;
const checksOf = (...facts: Parameters<typeof factsOf>) =>
  Object.fromEntries(
    typeUses(factsOf(...facts)).checks.map(({ name, pages, counted }) => [name, [pages, counted]]),
  );

describe('the types of a kernel that can be read as a whole', () => {
  test('are all known, and what is left over too', () => {
    expect(rowsOf()).toMatchObject({
      ...{ free: { pages: 100 }, slab: { pages: 30 }, anonymous: { pages: 10 }, unreadable: { pages: 0 } },
      ...{ vmalloc: { pages: 20 }, code: { pages: 5 }, kernelStacks: { pages: 8 }, percpu: { pages: 10 } },
      ...{
        kernelImage: { pages: 15 },
        memmap: { pages: 11 },
        cpuFree: { pages: 4 },
        largeKmalloc: { pages: 3 },
      },
      // 60 without the image and the struct pages that were given away at boot
      reserved: { pages: 40 },
      // 100 without 20 + 5 + 8 of vmalloc, 10 per CPU, 4 free at CPUs, 6 struct pages and 3 of kmalloc
      notAttributed: { pages: 44 },
    });
    const sum = Object.values(rowsOf()).reduce((all, { pages }) => all + (pages ?? Number.NaN), 0);
    expect(sum).toBe(300);
  });

  test('are compared with the counters of the kernel', () => {
    expect(checksOf()).toEqual({
      NR_FREE_PAGES: [100, 100],
      'NR_KERNEL_STACK_KB / 4': [6, 8],
      'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B': [33, 30],
      nr_vmalloc_pages: [33, 33],
      nr_huge_pages: [0, 0],
      _totalram_pages: [240, 240],
    });
  });

  test('have stacks by their counter where they are not areas of vmalloc(), and then the counter is not a check', () => {
    const vmalloc = { ...VMALLOC, stackPages: null };
    expect(rowsOf({ vmalloc }).kernelStacks).toEqual({ pages: 6 });
    expect(checksOf({ vmalloc })).not.toHaveProperty('NR_KERNEL_STACK_KB / 4');
  });
});

describe('the types of a kernel that has lost something', () => {
  test('are least values where struct pages are lost, and are not compared', () => {
    const rows = rowsOf({}, false);
    expect(rows).toMatchObject({
      ...{ free: { pages: null, atLeast: 100 }, slab: { pages: null, atLeast: 30 } },
      ...{ reserved: { pages: null }, notAttributed: { pages: null }, largeKmalloc: { pages: null } },
      vmalloc: { pages: 20 },
    });
    expect(rows.notAttributed).not.toHaveProperty('atLeast');
    expect(Object.keys(checksOf({}, false))).toEqual(['NR_KERNEL_STACK_KB / 4', 'nr_vmalloc_pages']);
  });

  test('are least values where a list breaks off, and what is left over is not known', () => {
    const rows = rowsOf({
      vmalloc: { ...VMALLOC, whole: false },
      percpu: { ...PERCPU, chunks: 1, whole: false },
      whole: false,
    });
    expect(rows).toMatchObject({
      ...{ vmalloc: { pages: null, atLeast: 20 }, kernelStacks: { pages: null, atLeast: 8 } },
      // Not even the first chunk was found, which has two pages.
      percpu: { pages: null, atLeast: 0 },
      ...{ notAttributed: { pages: null }, free: { pages: 100 } },
    });
  });

  test('leave what is reserved untold where struct pages of the image or the memory map are lost', () => {
    const rows = rowsOf({ boot: { image: 15, memmap: { reserved: 2, other: 6, within: 0 }, exact: false } });
    expect(rows.memmap).toEqual({ pages: null, atLeast: 8 });
    expect([rows.reserved.pages, rows.notAttributed.pages]).toEqual([null, null]);
  });

  test('have the stacks of tasks at least, where the areas of vmalloc() are lost', () => {
    const rows = rowsOf({ vmalloc: null, whole: false });
    expect(rows).toMatchObject({ kernelStacks: { pages: null, atLeast: 6 }, vmalloc: { pages: null } });
    expect(rowsOf({ vmalloc: null, counters: null, whole: false }).kernelStacks).toEqual({ pages: null });
  });

  test('leave what a kernel never tells to what is left over', () => {
    const rows = rowsOf({ vmalloc: null, percpu: null, boot: null, cpuFree: null });
    expect(rows).toMatchObject({
      ...{
        vmalloc: { pages: null },
        percpu: { pages: null },
        kernelImage: { pages: null },
        cpuFree: { pages: null },
      },
      ...{ reserved: { pages: 60 }, notAttributed: { pages: 97 } },
    });
  });
});
