import type { Check } from '../../kernel/evidence/check.ts';
import { type Fact, fact, factOf } from '../../kernel/evidence/fact.ts';
import { completed } from '../../kernel/keys/second-source.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { inspectSystem, type SystemFacts } from '../../kernel/system/system.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type MissingMemory, missingMemory } from '../../pages/census/missing-memory.ts';
import { memoryChecks } from '../../pages/checks/memory-checks.ts';
import { zonesOrNone } from '../../pages/zones/try-zones.ts';
import { totalsOfZones } from '../../pages/zones/zones.ts';
import { type InfoReport, infoReport } from '../../report/info-report.ts';
import type { View } from '../../report/view.ts';
import { dumpWords } from '../options/dump-words.ts';
import type { Session } from '../session/session.ts';

function missingIn(kernel: Kernel): MissingMemory | null {
  return missingMemory(kernel, zonesOrNone(kernel));
}

/** Memory by the zones, if no symbol leads to the sums that the kernel keeps. */
function withZones(kernel: Fact<Kernel>, system: SystemFacts): SystemFacts {
  if ('value' in system.memory || system.memory.kind !== 'missingInfo') return system;
  const memory = factOf(kernel, (opened) => {
    const { managed, free } = totalsOfZones(opened);
    return { total: managed * PAGE_SIZE, free: free * PAGE_SIZE };
  });
  return 'value' in memory ? { ...system, memory } : system;
}

/** The zones by VMCOREINFO, if they cannot be read by their types. */
function withoutTypes(kernel: Kernel, { memory, memoryChecks: byTypes }: SystemFacts): Check[] {
  if (!('value' in memory) || 'value' in byTypes) return [];
  return memoryChecks(kernel, memory.value);
}

/**
 * `info`: the screen to see first. Without page tables it has what VMCOREINFO says; without VMCOREINFO it
 * fails.
 */
export function report({ image, vmcoreinfo, kernel: open, options, dump }: Session): InfoReport {
  const text = vmcoreinfo();
  const kernel = fact(() => completed(withSmallReads(open())));
  const system = withZones(kernel, inspectSystem(kernel, options.pageOffset));
  return infoReport({
    image,
    amounts: ('value' in kernel ? kernel.value.image : image).memory.amounts,
    info: 'value' in kernel ? kernel.value.info : new Vmcoreinfo(text),
    missing: 'value' in kernel ? missingIn(kernel.value) : null,
    system,
    zoneChecks: 'value' in kernel ? withoutTypes(kernel.value, system) : [],
    again: dumpWords(dump.files, options),
    counts: ({ tasks }) => countTasks(tasks),
  });
}

export async function view(report: InfoReport): Promise<View> {
  return (await import('../../report/views/info-view.ts')).infoView(report);
}
