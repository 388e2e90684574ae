import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import type { StructReader } from '../types/struct-reader.ts';
import { zoneAddresses } from './nodes.ts';
import { PerCpu } from './per-cpu.ts';

/**
 * Free pages that CPUs keep for themselves (per_cpu_pages.count): out of the buddy allocator's lists and counters, and
 * nothing in their struct pages says so.
 * @throws InspectError missingInfo, notMapped, notStored; corrupt, for a zone that has pages and none are present
 */
export function readCpuFreePages(typed: TypedKernel): number {
  const perCpu = new PerCpu(typed);
  const zone = typed.reader('zone', 'per_cpu_pageset', 'present_pages', 'managed_pages');
  // Until 5.14 (28f836b6777b) the list was in one structure with the counters of the CPU.
  const older = typed.types.findStruct('per_cpu_pageset');
  const pages = older ? typed.reader('per_cpu_pageset', 'pcp.count') : typed.reader('per_cpu_pages', 'count');
  const count = older ? 'pcp.count' : 'count';
  let sum = 0;
  for (const address of zoneAddresses(typed)) {
    const { present, managed } = pagesOf(zone.load(address));
    if (present < managed) {
      const what = `a zone has ${present} present_pages, and ${managed} managed_pages, which are among them`;
      throw new InspectError('corrupt', what, { address });
    }
    if (present === 0) continue;
    const base = zone.big('per_cpu_pageset');
    for (const cpu of perCpu.possible) sum += pages.load(perCpu.pointer(base, cpu)).number(count as never);
  }
  return sum;
}

function pagesOf(zone: StructReader<'present_pages' | 'managed_pages'>) {
  return { present: zone.number('present_pages'), managed: zone.number('managed_pages') };
}
