import { InspectError } from '../../errors.ts';
import { type Check, check } from '../../kernel/evidence/check.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { readZoneCounters } from '../zones/zones.ts';

/**
 * What _totalram_pages has, against the managed_pages of all zones, found by VMCOREINFO: for kernels whose types are not there. Nothing
 * while the kernel runs, which changes both, and where the zones cannot be read.
 * @param total of memory, bytes
 */
export function managedChecks(kernel: Kernel, total: number): Check[] {
  if (kernel.image.live) return [];
  try {
    const managed = readZoneCounters(kernel, 1).reduce((sum, zone) => sum + zone.managed, 0);
    const name = '_totalram_pages, managed_pages of all zones';
    return [check({ name, unit: 'pages', counted: managed, kernel: total / PAGE_SIZE })];
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}
