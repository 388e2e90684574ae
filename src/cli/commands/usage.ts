import { completed } from '../../kernel/keys/second-source.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { readUsage } from '../../pages/usage/usage.ts';
import { type UsageBy, type UsageReport, usageReport } from '../../report/usage-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { progressBar } from '../session/progress.ts';
import { type Session, withDump } from '../session/session.ts';
import { showReport } from '../session/show-report.ts';

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
    return showReport(report, session, async (sound, terminal) => {
      const { renderText } = await import('../../report/render/render-text.ts');
      const { usageView } = await import('../../report/views/usage-view.ts');
      return renderText(usageView(sound), terminal);
    });
  });
}

function makeReport({ image, kernel: open }: Session, options: UsageOptions): UsageReport {
  const kernel = completed(withSmallReads(open()));
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
