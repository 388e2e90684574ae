import type { Check } from '../../kernel/evidence/check.ts';
import { fact } from '../../kernel/evidence/fact.ts';
import { completed } from '../../kernel/keys/second-source.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { inspectSystem, type SystemFacts } from '../../kernel/system/system.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { tryZones } from '../../pages/census/census.ts';
import { type MissingMemory, missingMemory } from '../../pages/census/missing-memory.ts';
import { managedChecks } from '../../pages/checks/managed-check.ts';
import { type InfoReport, infoReport } from '../../report/info-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { type Session, withDump } from '../session/session.ts';
import { showReport } from '../session/show-report.ts';

/** `info`: the one screen to see first. Returns the exit status. */
export function info(files: readonly string[], options: CommonOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = makeReport(session, options);
    return showReport(report, session, async (sound, terminal) => {
      const { renderText } = await import('../../report/render/render-text.ts');
      const { infoView } = await import('../../report/views/info-view.ts');
      return renderText(infoView(sound), terminal);
    });
  });
}

function missingIn(kernel: Kernel): MissingMemory | null {
  const zones = tryZones(kernel);
  return 'all' in zones ? missingMemory(kernel, zones.all) : null;
}

/** Where the zones cannot be read by their types. */
function withoutTypes(kernel: Kernel, { memory, memoryChecks }: SystemFacts): Check[] {
  if (!('value' in memory) || 'value' in memoryChecks) return [];
  return managedChecks(kernel, memory.value.total);
}

/** Without VMCOREINFO there is nothing to tell; without page tables there is what VMCOREINFO says. */
function makeReport({ image, vmcoreinfo, kernel: open }: Session, { pageOffset }: CommonOptions): InfoReport {
  const text = vmcoreinfo();
  const kernel = fact(() => completed(withSmallReads(open())));
  const system = inspectSystem(kernel, pageOffset);
  return infoReport({
    image,
    amounts: image.memory.amounts,
    info: 'value' in kernel ? kernel.value.info : new Vmcoreinfo(text),
    missing: 'value' in kernel ? missingIn(kernel.value) : null,
    system,
    zoneChecks: 'value' in kernel ? withoutTypes(kernel.value, system) : [],
    counts: ({ tasks }) => countTasks(tasks),
  });
}
