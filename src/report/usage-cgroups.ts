import { hex } from '../hex.ts';
import type { MemoryController } from '../kernel/objects/mem-cgroups.ts';
import { PAGE_SIZE } from '../machine.ts';
import type { CgroupUses } from '../pages/usage/cgroups.ts';
import type { CgroupUse, Charged } from '../pages/usage/charged.ts';
import type { Listed } from './usage-lists.ts';
import { CGROUP_ORDERS, sorted } from './usage-sort.ts';

/** Bytes that are charged, by use. */
export interface ChargedAmount {
  /** The sum of the others. */
  readonly bytes: number;
  readonly anon: number;
  readonly file: number;
  readonly shmem: number;
  /** Shared memory that is in the swap cache only. */
  readonly swapCache: number;
  /** Slab objects, each with its pointer to the cgroup. */
  readonly slab: number;
  readonly pageTables: number;
  readonly kernelStacks: number;
  readonly otherKernel: number;
}

/** The same; null if some of it is lost, with the least that there is. */
export type ChargedBytes =
  | ChargedAmount
  | (Readonly<Record<keyof ChargedAmount, null>> & { readonly atLeast: ChargedAmount });

export interface CgroupRow {
  /** null if it cannot be read. */
  readonly path: string | null;
  /** Virtual address of the mem_cgroup. */
  readonly address: string;
  /** It was removed, but pages are still charged to it. */
  readonly removed: boolean;
  /** Processes in this very cgroup; null if unknown. */
  readonly processes: number | null;
  readonly own: ChargedBytes;
  /** With the cgroups below it. */
  readonly total: ChargedBytes;
  /** memory.current, also with those below it, in bytes; null for the root, to which nothing is charged. */
  readonly current: number | null;
  /**
   * Bytes that no page or object names, by the kernel's counters; also with those below it. null if they cannot be
   * read.
   */
  readonly percpu: number | null;
  readonly sock: number | null;
  readonly zswap: number | null;
}

/** `usage --by cgroup`. */
export interface CgroupsSection {
  readonly controller: MemoryController;
  readonly count: number;
  readonly removed: number;
  /** Whether these are all cgroups with all their memory. If not, the numbers are what was found. */
  readonly countExact: boolean;
  /** What names something that is no cgroup listed. */
  readonly unlisted: ChargedAmount;
  readonly largest: readonly CgroupRow[];
}

/** Cgroups, with the memory of those below them. */
export function cgroupsSection(uses: CgroupUses, { top, sort }: Listed): CgroupsSection {
  const { controller, cgroups, whole, exact, unlisted } = uses;
  const bySize = cgroups
    .map((use) => ({ use, bytes: chargedAmount(use.all).bytes }))
    .sort((a, b) => b.bytes - a.bytes || order(a.use, b.use))
    .map(({ use }) => use);
  return {
    controller,
    count: cgroups.length,
    removed: cgroups.filter(({ online }) => !online).length,
    countExact: whole && exact,
    unlisted: chargedAmount(unlisted),
    largest: sorted(bySize, CGROUP_ORDERS, sort)
      .slice(0, top)
      .map((use) => cgroupRow(use, exact)),
  };
}

/** By path where figures are equal, so that the order does not depend on where the kernel has them. */
function order(a: CgroupUse, b: CgroupUse): number {
  const [x, y] = [a.path ?? '', b.path ?? ''];
  return x < y ? -1 : x > y ? 1 : 0;
}

function cgroupRow(use: CgroupUse, exact: boolean): CgroupRow {
  const { path, address, online, processes, own, all, usage, parent, sums } = use;
  const counter = (item: string) => sums && (sums.counters.get(item) ?? 0);
  return {
    path,
    address: hex(address),
    removed: !online,
    processes,
    own: chargedBytes(own, exact),
    total: chargedBytes(all, exact),
    current: parent === null ? null : usage * PAGE_SIZE,
    percpu: counter('MEMCG_PERCPU_B'),
    sock: sums && (sums.counters.get('MEMCG_SOCK') ?? 0) * PAGE_SIZE,
    zswap: counter('MEMCG_ZSWAP_B'),
  };
}

function chargedBytes(charged: Charged, exact: boolean): ChargedBytes {
  const atLeast = chargedAmount(charged);
  if (exact) return atLeast;
  const unknown = Object.fromEntries(Object.keys(atLeast).map((use) => [use, null]));
  return { ...(unknown as Record<keyof ChargedAmount, null>), atLeast };
}

function chargedAmount({ pages, slabBytes }: Charged): ChargedAmount {
  const { anonymous, fileCache, shmem, swapCache, pageTables, kernelStacks, kernel } = pages;
  const uses = {
    anon: anonymous * PAGE_SIZE,
    file: fileCache * PAGE_SIZE,
    shmem: shmem * PAGE_SIZE,
    swapCache: swapCache * PAGE_SIZE,
    slab: slabBytes,
    pageTables: pageTables * PAGE_SIZE,
    kernelStacks: kernelStacks * PAGE_SIZE,
    otherKernel: kernel * PAGE_SIZE,
  };
  return { bytes: Object.values(uses).reduce((sum, bytes) => sum + bytes, 0), ...uses };
}
