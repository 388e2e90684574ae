import { hex } from '../../hex.ts';
import { type Check, check, type Explanation } from '../../kernel/evidence/check.ts';
import type { MemoryController } from '../../kernel/objects/mem-cgroups.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { CgroupMovements } from './cgroup-movements.ts';
import { addedUp, type CgroupSums, counterOf } from './cgroup-sums.ts';

import { addCharged, type CgroupUse, type Charged, chargedBytes, nothing } from './charged.ts';

/** What the checks of cgroups are made from. */
export interface CgroupCheckFacts {
  readonly controller: MemoryController;
  readonly uses: readonly CgroupUse[];
  /** Memory of the root's that is charged to nothing. */
  readonly uncharged: Charged;
  /** The kernel's sums, in the same order. */
  readonly sums: readonly CgroupSums[];
  /** null in a dump. */
  readonly movements: CgroupMovements | null;
  /** Poisoned pages of the machine. */
  readonly hwpoison: number;
  /** Whether pages of stacks are told from other pages of the kernel. */
  readonly hasStacks: boolean;
}

/** A figure of a cgroup that the kernel has, too. */
interface Figure {
  readonly name: string;
  readonly unit: 'bytes' | 'pages';
  /** The counters that make up the kernel's figure; null for the charges themselves. */
  readonly counters: readonly string[] | null;
  readonly counted: (charged: Charged) => number;
  readonly explained: (
    charged: Charged,
    sums: CgroupSums,
    controller: MemoryController,
  ) => readonly Explanation[];
  /**
   * Whether the counter may keep poisoned pages: a page of a file names no cgroup any more when it is taken out of
   * the cache (delete_from_lru_cache, mm/memory-failure.c), so its cgroup is not told.
   */
  readonly keepsPoisoned?: boolean;
  /** The kernel's figure in this unit, by the sum of the counters. */
  readonly scale?: number;
}

const FIGURES: readonly Figure[] = [
  {
    ...{ name: 'memory.current', unit: 'bytes', counters: null, counted: chargedBytes },
    explained: (_, sums, controller) => [
      { by: 'charged ahead by CPUs', count: -sums.aheadBytes },
      { by: 'left of pages that are charged for objects', count: -sums.spareBytes },
      { by: 'per-CPU variables', count: -counterOf(sums, 'MEMCG_PERCPU_B') },
      // v1 counts them apart (memory.kmem.tcp).
      { by: 'network buffers', count: controller === 'v1' ? 0 : -counterOf(sums, 'MEMCG_SOCK') * PAGE_SIZE },
      { by: 'compressed pages of zswap', count: -counterOf(sums, 'MEMCG_ZSWAP_B') },
    ],
  },
  {
    ...{ name: 'anon', unit: 'pages', counters: ['NR_ANON_MAPPED'], counted: ({ pages }) => pages.anonymous },
    explained: ({ pages }) => [
      { by: 'anonymous pages that no page table maps', count: pages.unmappedAnonymous },
    ],
  },
  {
    ...{ name: 'file', unit: 'pages', counters: ['NR_FILE_PAGES'] },
    counted: ({ pages }) => pages.fileCache + pages.shmem + pages.swapCache,
    explained: ({ pages }) => [
      { by: 'anonymous pages in the swap cache', count: -pages.swapCachedAnonymous },
    ],
    keepsPoisoned: true,
  },
  {
    ...{ name: 'shmem', unit: 'pages', counters: ['NR_SHMEM'], counted: ({ pages }) => pages.shmem },
    explained: () => [],
  },
  {
    ...{ name: 'slab', unit: 'bytes', counters: ['NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B'] },
    counted: ({ slabBytes }) => slabBytes,
    explained: (_, sums) => [{ by: 'bytes that CPUs have yet to count', count: sums.slabBytes }],
  },
  {
    ...{
      name: 'pagetables',
      unit: 'pages',
      counters: ['NR_PAGETABLE'],
      counted: ({ pages }) => pages.pageTables,
    },
    explained: () => [],
  },
  {
    ...{ name: 'kernel_stack', unit: 'pages', counters: ['NR_KERNEL_STACK_KB'], scale: 1024 / PAGE_SIZE },
    counted: ({ pages }) => pages.kernelStacks,
    explained: () => [],
  },
];

/**
 * Compares the figures of each cgroup with the kernel's own: one check of all cgroups together, by the counters
 * of the root, and one of each cgroup whose figure is contradicted.
 */
export function cgroupChecks(facts: CgroupCheckFacts): Check[] {
  const { uses, sums } = facts;
  const isCounted = ({ name, counters }: Figure) =>
    (name !== 'kernel_stack' || facts.hasStacks) &&
    (counters ?? []).every((item) => sums[0]?.counters.has(item));
  return FIGURES.filter(isCounted).flatMap((figure) => {
    // What a removed cgroup had of kernel memory now counts for the one above it, except in its own counters.
    const each = uses.flatMap((use, i) =>
      use.online && i > 0 ? [compared(facts, figure, use, sums[i] as CgroupSums)] : [],
    );
    const all = ofAll(facts, figure);
    return [...(all ? [all] : []), ...each.filter(({ verdict }) => verdict === 'contradicted')];
  });
}

/**
 * All cgroups together by the root's counters. memory.stat of the root has its own pages, too, and in a running
 * kernel the program itself is among these: there the cgroups right below the root are added up.
 */
function ofAll(facts: CgroupCheckFacts, figure: Figure): Check | null {
  const { uses, sums, movements } = facts;
  const [root, rootSums] = [uses[0], sums[0]];
  if (!root || !rootSums) return null;
  if (movements === null || figure.counters === null) return compared(facts, figure, root, rootSums);
  const below = uses.map((use, i) => ({ use, sum: sums[i] as CgroupSums }));
  const top = below.filter(({ use }) => use.chargedTo === 0 && use.online);
  const all = nothing();
  for (const { use } of top) addCharged(all, use.all);
  return compared(facts, figure, { ...root, all }, addedUp(top.map(({ sum }) => sum)));
}

function compared(facts: CgroupCheckFacts, figure: Figure, use: CgroupUse, sums: CgroupSums): Check {
  const { name, unit, counters, scale = 1 } = figure;
  const isRoot = use.parent === null;
  // The root's memory.stat has its own pages, too.
  const own = isRoot && counters === null ? figure.counted(facts.uncharged) : 0;
  const kernel = counters ? counters.reduce((sum, item) => sum + counterOf(sums, item), 0) : use.usage;
  const explained = figure.explained(use.all, sums, facts.controller);
  const rest = kernel + explained.reduce((sum, { count }) => sum + count, 0) - figure.counted(use.all);
  const kept = figure.keepsPoisoned ? Math.max(0, Math.min(rest, facts.hwpoison)) : 0;
  const poisoned = [{ by: 'poisoned pages, which cgroups go on counting', count: -kept }];
  return check({
    ...{ name, unit, cgroup: nameOf(use) },
    counted: figure.counted(use.all) - own,
    kernel: kernel * (counters ? scale : PAGE_SIZE),
    explained: [...explained, ...poisoned],
    movement: facts.movements?.of(use.address, unit === 'pages' ? PAGE_SIZE : 1) ?? null,
  });
}

/** A path, or an address where that cannot be read. */
function nameOf({ path, address, online }: CgroupUse): string {
  return `${path ?? hex(address)}${online ? '' : ' (removed)'}`;
}
