import { fact } from '../../kernel/fact.ts';
import { openKernel } from '../../kernel/kernel.ts';
import { withSmallReads } from '../../kernel/small-reads.ts';
import { inspectSystem } from '../../kernel/system/system.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo.ts';
import { jsonText } from '../../report/escape.ts';
import { type InfoReport, infoReport } from '../../report/info-report.ts';
import type { CommonOptions } from '../options.ts';
import { EXIT } from '../output.ts';
import { type Session, withDump } from '../session.ts';

/** `info`: the one screen to see first. Returns the exit status. */
export function info(files: readonly string[], options: CommonOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = makeReport(session, options);
    for (const warning of report.warnings) session.output.warn(warning);
    session.output.result(options.json ? jsonText(report) : await asText(report, session));
    return report.complete ? EXIT.done : EXIT.incomplete;
  });
}

/** Without VMCOREINFO there is nothing to tell; without page tables there is what VMCOREINFO says. */
function makeReport({ image, vmcoreinfo }: Session, { pageOffset }: CommonOptions): InfoReport {
  const text = vmcoreinfo();
  const kernel = fact(() => withSmallReads(openKernel(image, { vmcoreinfo: text })));
  return infoReport({
    image,
    amounts: image.memory.amounts,
    info: 'value' in kernel ? kernel.value.info : new Vmcoreinfo(text),
    system: inspectSystem(kernel, pageOffset),
    counts: ({ tasks }) => countTasks(tasks),
  });
}

async function asText(report: InfoReport, { output }: Session): Promise<string> {
  const [{ infoText }, { terminal }] = await Promise.all([
    import('../../report/info-text.ts'),
    import('../../report/terminal.ts'),
  ]);
  return infoText(report, terminal(output.color, output.columns));
}
