import { type Check, check } from '../../kernel/evidence/check.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { PageClass } from '../classify/page-class.ts';
import { readZoneCounters, type ZoneLruCounters } from '../zones/zones.ts';

/** The classes of pages on LRU lists. */
const ON_LISTS = ['nonPrivateCache', 'privateCache', 'user'] as const satisfies readonly PageClass[];

/** NR_FREE_PAGES, what may follow it, and the five lists (enum zone_stat_item of include/linux/mmzone.h). */
const ITEMS = 6;
/** The smallest block that NR_FREE_PAGES_BLOCKS counts, if a kernel is made for small ones. */
const PAGEBLOCK = 64;
/** The most that a CPU may not yet have added to a counter of a zone: an s8. */
const HELD_BACK = 127;

/**
 * Least number of pages on the LRU lists, by the counters of the zones. Before 6.15 these follow
 * NR_FREE_PAGES directly. Since then NR_FREE_PAGES_BLOCKS is between them, which counts whole blocks.
 */
function onLists(zones: readonly ZoneLruCounters[]): number {
  const first = zones.some(({ items }) => (items[1] ?? 0) % PAGEBLOCK !== 0) ? 1 : 2;
  const counters = zones.flatMap(({ items }) => items.slice(first));
  return counters.some((pages) => pages < 0) ? 0 : counters.reduce((sum, pages) => sum + pages, 0);
}

/**
 * A check that fails if too few pages are on LRU lists: the number of PG_lru is then not this kernel's, or
 * struct pages are damaged. There may rightly be more: pages of hugetlbfs, of the swap cache, and on their
 * way from one list to another. So any other result says nothing, and there is no check.
 * @param cpus that may hold back a part of each counter; 0 where their number is unknown, and then there is
 * no check
 * @throws InspectError as readZones
 */
export function lruChecks(
  kernel: Kernel,
  counts: Readonly<Record<PageClass, number>>,
  cpus: number,
): Check[] {
  if (cpus === 0 || kernel.image.live) return [];
  const zones = readZoneCounters(kernel, ITEMS);
  const counted = ON_LISTS.reduce((sum, name) => sum + counts[name], 0);
  const found = check({
    ...{
      name: 'pages on the LRU lists, vm_stat of all zones',
      unit: 'pages',
      counted,
      kernel: onLists(zones),
    },
    movement: { by: 'CPUs may hold back so many', upTo: HELD_BACK * cpus * (ITEMS - 1) * zones.length },
  });
  return found.counted < found.kernel && found.verdict === 'contradicted' ? [found] : [];
}
