import { InspectError } from '../../errors.ts';
import { completed } from '../../kernel/keys/second-source.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { WalkOptions } from '../../pages/threads/walk-spans.ts';
import { readPageUsage } from '../../pages/usage/page-usage.ts';
import { readUsage } from '../../pages/usage/usage.ts';
import { type UsageBy, type UsageReport, usageReport } from '../../report/usage-report.ts';
import { USAGE_SORTS, type UsageSort } from '../../report/usage-sort.ts';
import type { View } from '../../report/view.ts';
import { progressBar } from '../session/progress.ts';
import type { Session } from '../session/session.ts';

export interface UsageAsked {
  readonly by?: UsageBy;
  readonly sort?: UsageSort;
  readonly top?: number;
  readonly jobs?: number;
  readonly check?: boolean;
}

/** Entries of each list in the overview, and of a single list. */
const TOP = { overview: 5, list: 20 } as const;

/** `usage`: who holds the memory. */
export async function report(session: Session, asked: UsageAsked): Promise<UsageReport> {
  const { image, kernel: open, options, dump } = session;
  const kernel = completed(withSmallReads(open()));
  const by = asked.by ?? 'type';
  const { sort = 'size' } = asked;
  requireSort(by, sort);
  const top = asked.top ?? (by === 'type' ? TOP.overview : TOP.list);
  const progress = progressBar('reading pages', options);
  try {
    const typed = new TypedKernel(kernel);
    const lack = typed.noTypes ?? typed.noData;
    // Lists of holders need types and variables; what memory is used for does not.
    if (lack && by !== 'type') throw lack;
    // An order by name needs the names of all files.
    const named = sort === 'name' ? Number.POSITIVE_INFINITY : top;
    const walk: WalkOptions = {
      dump,
      jobs: asked.jobs,
      onProgress: progress.update,
      onRead({ reads, bytes }) {
        session.readElsewhere.reads += reads;
        session.readElsewhere.bytes += bytes;
      },
    };
    const found = await (lack
      ? readPageUsage(typed, lack, walk)
      : readUsage(typed, named, walk, by === 'cgroup'));
    return usageReport(found, { image, release: kernel.info.get('OSRELEASE') ?? null, by, top, sort });
  } finally {
    progress.end();
  }
}

/** What each list can be sorted by. The overview has several lists, and none of them whole. */
const SORTS: Readonly<Record<UsageBy, readonly UsageSort[]>> = {
  type: ['size'],
  slab: USAGE_SORTS,
  file: ['size', 'name'],
  process: ['size', 'name'],
  cgroup: ['size', 'name'],
};

/** @throws InspectError usage */
function requireSort(by: UsageBy, sort: UsageSort): void {
  if (SORTS[by].includes(sort)) return;
  const hint = `--by ${by} can be sorted by ${SORTS[by].join(' or ')}`;
  if (by !== 'type') throw new InspectError('usage', `--sort ${sort} is not for --by ${by}`, { hint });
  throw new InspectError('usage', `--sort ${sort} needs --by`, {
    hint: 'the overview is sorted by size; --by slab, for example, lists one kind of holders',
  });
}

export async function view(report: UsageReport, { check }: UsageAsked): Promise<View> {
  return (await import('../../report/views/usage-view.ts')).usageView(report, { check });
}
