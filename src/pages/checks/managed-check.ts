import { InspectError } from '../../errors.ts';
import { type Check, check } from '../../kernel/evidence/check.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { readZoneCounters } from '../zones/zones.ts';

/**
 * _totalram_pages against the managed_pages of all zones, which are found by VMCOREINFO: for kernels without
 * their types. No check for a running kernel, because both change, and where the zones cannot be read.
 * @param total memory, bytes
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
