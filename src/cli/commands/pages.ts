import type { OnProgress } from '../../bytes/work.ts';
import { allMissingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { type Census, takeCensus } from '../../pages/census/census.ts';
import { takeCompatCensus } from '../../pages/census/compat.ts';
import { EXCLUDABLE } from '../../pages/classify/page-class.ts';
import { compatReport, type PagesReport, pagesReport } from '../../report/pages-report.ts';
import type { View } from '../../report/view.ts';
import { progressBar } from '../session/progress.ts';
import type { Session } from '../session/session.ts';

export interface PagesAsked {
  readonly compat?: string;
  readonly jobs?: number;
  readonly check?: boolean;
}

/** `pages`: what every physical page is used for. */
export async function report(session: Session, { compat, jobs }: PagesAsked): Promise<PagesReport> {
  const { image, kernel: open } = session;
  const kernel = compat ? open() : await wholeKernel(open());
  const facts = { image, info: kernel.info, excludable: EXCLUDABLE };
  const progress = progressBar('reading pages', session.options, compat === undefined);
  try {
    if (compat) return compatReport(facts, takeCompatCensus(kernel, progress.update));
    return pagesReport(facts, await census(session, kernel, jobs, progress.update));
  } finally {
    progress.end();
  }
}

export async function view(report: PagesReport, { check }: PagesAsked): Promise<View> {
  return (await import('../../report/views/pages-view.ts')).pagesView(report, { check });
}

/**
 * The kernel, with the keys that its VMCOREINFO lacks. Few lack any, so the code for that is loaded only
 * then.
 */
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
  return takeCensus(kernel, {
    dump,
    jobs,
    onProgress,
    onRead({ reads, bytes }) {
      readElsewhere.reads += reads;
      readElsewhere.bytes += bytes;
    },
  });
}
