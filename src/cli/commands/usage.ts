import { TypedKernel } from '../../kernel/typed-kernel.ts';
import { readUsage } from '../../pages/usage/usage.ts';
import { jsonText } from '../../report/escape.ts';
import { type UsageBy, type UsageReport, usageReport } from '../../report/usage-report.ts';
import type { CommonOptions } from '../options.ts';
import { EXIT } from '../output.ts';
import { progressBar } from '../progress.ts';
import { type Session, withDump } from '../session.ts';

export interface UsageOptions extends CommonOptions {
  readonly by?: UsageBy;
  readonly top?: number;
}

/** Entries of a list: of each in the overview, and of the one that was asked for. */
const TOP = { overview: 5, list: 20 } as const;

/** `usage`: who holds the memory. Returns the exit status. */
export function usage(files: readonly string[], options: UsageOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = makeReport(session, options);
    for (const warning of report.warnings) session.output.warn(warning);
    session.output.result(options.json ? jsonText(report) : await asText(report, session));
    return report.complete ? EXIT.done : EXIT.incomplete;
  });
}

function makeReport({ image, kernel: open }: Session, options: UsageOptions): UsageReport {
  const kernel = open();
  const by = options.by ?? 'type';
  const top = options.top ?? (by === 'type' ? TOP.overview : TOP.list);
  const progress = progressBar('reading pages', options);
  try {
    const found = readUsage(new TypedKernel(kernel), top, progress.update);
    return usageReport(found, { image, release: kernel.info.get('OSRELEASE') ?? null, by, top });
  } finally {
    progress.end();
  }
}

async function asText(report: UsageReport, { output, image }: Session): Promise<string> {
  const [{ usageText }, { terminal }] = await Promise.all([
    import('../../report/usage-text.ts'),
    import('../../report/terminal.ts'),
  ]);
  return usageText(report, image.live, terminal(output.color, output.columns));
}
