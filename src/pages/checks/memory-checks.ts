import { InspectError } from '../../errors.ts';
import { type Check, check } from '../../kernel/evidence/check.ts';
import type { MemoryTotals } from '../../kernel/objects/memory-totals.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { totalsOfZones } from '../zones/zones.ts';

/**
 * The global counters against the sums over all zones, which are found by VMCOREINFO: for kernels without
 * their types. No check for a running kernel, because both change, and where the zones cannot be read.
 */
export function memoryChecks(kernel: Kernel, { total, free }: MemoryTotals): Check[] {
  if (kernel.image.live) return [];
  try {
    const zones = totalsOfZones(kernel);
    const pages = (name: string, counted: number, bytes: number) =>
      check({ name, unit: 'pages', counted, kernel: bytes / PAGE_SIZE });
    return [
      pages('_totalram_pages, managed_pages of all zones', zones.managed, total),
      // Zeros where memory was lost. What CPUs hold back (vm_stat_diff) is only known with types.
      ...(free === 0 ? [pages('NR_FREE_PAGES as folded in, vm_stat of all zones', zones.free, free)] : []),
    ];
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}
