import { CgroupCounters } from '../../kernel/objects/cgroup-counters.ts';
import { type CgroupStocks, readCgroupStocks } from '../../kernel/objects/cgroup-stocks.ts';
import type { MemCgroup } from '../../kernel/objects/mem-cgroups.ts';
import type { ObjCgroups } from '../../kernel/objects/obj-cgroups.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';

/** Sums of a cgroup and those below it. */
export interface CgroupSums {
  /** Counters (memory.stat), by item. Items that this kernel does not count are absent. */
  readonly counters: ReadonlyMap<string, number>;
  /** Bytes that CPUs have charged ahead in pages, that obj_cgroups have left of pages, and of slabs not yet counted. */
  readonly aheadBytes: number;
  readonly spareBytes: number;
  readonly slabBytes: number;
}

/** A counter, which is 0 in a kernel that does not have it. */
export function counterOf({ counters }: CgroupSums, item: string): number {
  return counters.get(item) ?? 0;
}

/** The items of node_stat_item and memcg_stat_item that are read. */
const ITEMS = [
  ...['NR_ANON_MAPPED', 'NR_FILE_PAGES', 'NR_SHMEM', 'NR_PAGETABLE', 'NR_KERNEL_STACK_KB'],
  ...['NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B'],
  ...['MEMCG_PERCPU_B', 'MEMCG_SOCK', 'MEMCG_ZSWAP_B'],
];

/**
 * Reads the kernel's own sums of each cgroup and those below it. @param cgroups parents before their children
 * @throws InspectError
 */
export function cgroupSums(
  typed: TypedKernel,
  cgroups: readonly MemCgroup[],
  objcgs: ObjCgroups,
): CgroupSums[] {
  const counters = new CgroupCounters(typed);
  const items = ITEMS.filter((item) => counters.has(item));
  const stocks = readCgroupStocks(typed);
  for (const { address } of cgroups) objcgs.find(address);
  const ahead = byCgroup(stocks.pages, objcgs);
  const held = byCgroup(stocks.bytes, objcgs);
  const slab = byCgroup(stocks.slabBytes, objcgs);
  const spare = objcgs.spareBytes;
  const of = (all: ReadonlyMap<bigint, number>, address: bigint) => all.get(address) ?? 0;
  const read = cgroups.map(({ address }) => counters.read(address, items));
  const sums: MutableSums[] = cgroups.map(({ address }, i) => ({
    counters: new Map(read[i]?.pending),
    aheadBytes: of(ahead, address) * PAGE_SIZE,
    spareBytes: of(spare, address) + of(held, address),
    slabBytes: of(slab, address),
  }));
  // Children come after their parents. Their own totals are in those of the parents, but what is pending is not.
  for (let i = cgroups.length - 1; i > 0; i--) {
    const { chargedTo } = cgroups[i] as MemCgroup;
    if (chargedTo !== null) addSums(sums[chargedTo] as MutableSums, sums[i] as MutableSums);
  }
  for (const [i, { total }] of read.entries())
    for (const [item, count] of total) addTo((sums[i] as MutableSums).counters, item, count);
  return sums;
}

/** The sum of some cgroups. */
export function addedUp(all: readonly CgroupSums[]): CgroupSums {
  const sum: MutableSums = { counters: new Map(), aheadBytes: 0, spareBytes: 0, slabBytes: 0 };
  for (const one of all) addSums(sum, one);
  return sum;
}

interface MutableSums {
  readonly counters: Map<string, number>;
  aheadBytes: number;
  spareBytes: number;
  slabBytes: number;
}

function addSums(sum: MutableSums, more: CgroupSums): void {
  for (const [item, count] of more.counters) addTo(sum.counters, item, count);
  sum.aheadBytes += more.aheadBytes;
  sum.spareBytes += more.spareBytes;
  sum.slabBytes += more.slabBytes;
}

function addTo<K>(counts: Map<K, number>, of: K, more: number): void {
  counts.set(of, (counts.get(of) ?? 0) + more);
}

/** By the mem_cgroups that the owners stand for. */
function byCgroup(counts: CgroupStocks['pages'], objcgs: ObjCgroups): Map<bigint, number> {
  const sums = new Map<bigint, number>();
  for (const [owner, count] of counts) {
    const cgroup = objcgs.cgroupOf(owner);
    if (cgroup !== null) addTo(sums, cgroup, count);
  }
  return sums;
}
