import { takeCensus } from '../../pages/census.ts';
import { takeCompatCensus } from '../../pages/compat.ts';
import { EXCLUDABLE } from '../../pages/page-class.ts';
import { jsonText } from '../../report/escape.ts';
import { compatReport, type PagesReport, pagesReport } from '../../report/pages-report.ts';
import type { CommonOptions } from '../options.ts';
import { EXIT } from '../output.ts';
import { progressBar } from '../progress.ts';
import { type Session, withDump } from '../session.ts';

export interface PagesOptions extends CommonOptions {
  readonly compat?: string;
}

/** `pages`: what every physical page is used for. Returns the exit status. */
export function pages(files: readonly string[], options: PagesOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = makeReport(session, options);
    for (const warning of report.warnings) session.output.warn(warning);
    session.output.result(options.json ? jsonText(report) : await asText(report, session));
    return report.complete ? EXIT.done : EXIT.incomplete;
  });
}

function makeReport({ image, kernel: open }: Session, options: PagesOptions): PagesReport {
  const kernel = open();
  const facts = { image, info: kernel.info, excludable: EXCLUDABLE };
  const progress = progressBar('reading pages', options);
  try {
    if (options.compat) return compatReport(facts, takeCompatCensus(kernel, progress.update));
    return pagesReport(facts, takeCensus(kernel, progress.update));
  } finally {
    progress.end();
  }
}

async function asText(report: PagesReport, { output }: Session): Promise<string> {
  const [{ pagesText }, { terminal }] = await Promise.all([
    import('../../report/pages-text.ts'),
    import('../../report/terminal.ts'),
  ]);
  return pagesText(report, terminal(output.color, output.columns));
}
