import type { OnProgress } from '../../bytes/work.ts';
import { allMissingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { Census } from '../../pages/census/census.ts';
import { takeCompatCensus } from '../../pages/census/compat.ts';
import { takeParallelCensus } from '../../pages/census/parallel-census.ts';
import { EXCLUDABLE } from '../../pages/classify/page-class.ts';
import { compatReport, type PagesReport, pagesReport } from '../../report/pages-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { progressBar } from '../session/progress.ts';
import { type Session, withDump } from '../session/session.ts';
import { showReport } from '../session/show-report.ts';

export interface PagesOptions extends CommonOptions {
  readonly compat?: string;
  readonly jobs?: number;
}

/** `pages`: what every physical page is used for. Returns the exit status. */
export function pages(files: readonly string[], options: PagesOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = await makeReport(session, options);
    return showReport(report, session, async (sound, terminal) => {
      const { renderText } = await import('../../report/render/render-text.ts');
      const { pagesView } = await import('../../report/views/pages-view.ts');
      return renderText(pagesView(sound), terminal);
    });
  });
}

async function makeReport(session: Session, options: PagesOptions): Promise<PagesReport> {
  const { image, kernel: open } = session;
  const kernel = options.compat ? open() : await wholeKernel(open());
  const facts = { image, info: kernel.info, excludable: EXCLUDABLE };
  const progress = progressBar('reading pages', options, options.compat === undefined);
  try {
    if (options.compat) return compatReport(facts, takeCompatCensus(kernel, progress.update));
    return pagesReport(facts, await census(session, kernel, options.jobs, progress.update));
  } finally {
    progress.end();
  }
}

/** The kernel with what its VMCOREINFO lacks; few lack anything, so what tells it is loaded only then. */
async function wholeKernel(kernel: Kernel): Promise<Kernel> {
  if (allMissingKeys(kernel.info).length === 0) return kernel;
  return (await import('../../kernel/keys/second-source.ts')).completed(kernel);
}

function census(
  session: Session,
  kernel: Kernel,
  jobs: number | undefined,
  onProgress: OnProgress,
): Promise<Census> {
  const { dump, readElsewhere } = session;
  return takeParallelCensus(kernel, {
    dump,
    jobs,
    onProgress,
    onRead({ reads, bytes }) {
      readElsewhere.reads += reads;
      readElsewhere.bytes += bytes;
    },
  });
}
