import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type Check, check } from '../evidence/check.ts';
import { type Checked, checked, UNCHECKED } from '../evidence/checked.ts';
import { fact } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readVmCounters } from './vm-counters.ts';

/** Memory by the kernel's own counters, in bytes. Needs symbols but no types. */
export interface MemoryTotals {
  readonly total: number;
  readonly free: number;
}

/**
 * Returns the name of the sum of all managed pages: an atomic_long_t since ca79b0c211af (5.0), before that an
 * unsigned long without the underscore.
 */
export function totalPagesSymbol(typed: TypedKernel): string {
  return typed.findSymbol('_totalram_pages') === undefined && typed.findSymbol('totalram_pages') !== undefined
    ? 'totalram_pages'
    : '_totalram_pages';
}

/**
 * Returns MemTotal and MemFree of /proc/meminfo (si_meminfo).
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function readMemoryTotals(typed: TypedKernel): MemoryTotals {
  const total = counter(typed, totalPagesSymbol(typed));
  // NR_FREE_PAGES is the first of enum zone_stat_item in all kernels (include/linux/mmzone.h).
  return { total, free: counter(typed, 'vm_zone_stat') };
}

/**
 * Compares the global counters with the sums over zones, except in a running kernel, where they are read at
 * different moments.
 */
export function checkMemoryTotals(typed: TypedKernel): Checked {
  if (typed.space.live) return UNCHECKED;
  return checked(
    'memory',
    fact(() => compareTotals(typed)),
    typed.kernel.image,
  );
}

function compareTotals(typed: TypedKernel): Check[] {
  const { total } = readMemoryTotals(typed);
  const counters = readVmCounters(typed);
  const managed = counters.zones.reduce((sum, zone) => sum + zone.managed, 0);
  const free = counters.zones.reduce((sum, zone) => sum + (zone.get('NR_FREE_PAGES') ?? 0), 0);
  const pages = (name: string, counted: number, kernel: number) =>
    check({ name, unit: 'pages', counted, kernel });
  return [
    pages('_totalram_pages, managed_pages of all zones', managed, total / PAGE_SIZE),
    pages('NR_FREE_PAGES, vm_stat of all zones', free, counters.get('NR_FREE_PAGES') ?? free),
  ];
}

/**
 * Returns SwapTotal and SwapFree of /proc/meminfo (si_swapinfo), except for areas that swapoff is emptying.
 * @throws InspectError missingInfo for a kernel without CONFIG_SWAP; notMapped or notStored
 */
export function readSwapTotals(typed: TypedKernel): MemoryTotals {
  return { total: counter(typed, 'total_swap_pages'), free: counter(typed, 'nr_swap_pages') };
}

/** Returns an atomic_long_t of pages in bytes; a negative one is 0, as the kernel shows it. */
function counter(typed: TypedKernel, name: string): number {
  const pages = Number(BigInt.asIntN(64, typed.space.u64(typed.symbol(name))));
  if (!Number.isSafeInteger(pages * PAGE_SIZE))
    throw new InspectError('corrupt', `${name} is ${pages} pages`);
  return Math.max(0, pages) * PAGE_SIZE;
}
