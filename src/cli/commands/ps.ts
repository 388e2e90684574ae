import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { type TaskDetails, taskDetails } from '../../kernel/tasks/processes.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type PsReport, psReport } from '../../report/ps-report.ts';
import type { CommonOptions } from '../options/options.ts';
import { type Session, withDump } from '../session/session.ts';
import { showReport } from '../session/show-report.ts';

export type PsOrder = 'pid' | 'rss' | 'cpu';

export interface PsOptions extends CommonOptions {
  readonly sort?: PsOrder;
  readonly top?: number;
  readonly threads?: boolean;
}

/** `ps`: the tasks of the kernel. Returns the exit status. */
export function ps(files: readonly string[], options: PsOptions): Promise<number> {
  return withDump(files, options, async (session) => {
    const report = makeReport(session, options);
    return showReport(report, session, async (sound, terminal) => {
      const { renderText } = await import('../../report/render/render-text.ts');
      const { psView } = await import('../../report/views/ps-view.ts');
      return renderText(psView(sound, options.threads === true), terminal);
    });
  });
}

function makeReport({ image, kernel: open }: Session, options: PsOptions): PsReport {
  const kernel = withSmallReads(open());
  const typed = new TypedKernel(kernel);
  const listing = listTasks(typed);
  const wanted = listing.tasks.filter((task) => options.threads || isLeader(task));
  const tasks = ordered(taskDetails(typed, listing, wanted), options.sort ?? 'pid');
  return psReport({
    file: { path: image.path, format: image.format },
    release: kernel.info.get('OSRELEASE') ?? null,
    doubts: kernel.info.doubts,
    listing,
    counts: countTasks(listing.tasks),
    tasks,
    top: options.top,
  });
}

/** Of a process that has threads, the one that stands for it. */
function isLeader({ pid, tgid }: Task): boolean {
  return pid === tgid;
}

/** By PID, or by the most memory, or by CPU, with the PID to decide between equals. */
function ordered(tasks: readonly TaskDetails[], order: PsOrder): TaskDetails[] {
  const byPid = (a: TaskDetails, b: TaskDetails) => a.task.tgid - b.task.tgid || a.task.pid - b.task.pid;
  if (order === 'rss') return [...tasks].sort((a, b) => rss(b) - rss(a) || byPid(a, b));
  if (order === 'cpu') return [...tasks].sort((a, b) => a.task.cpu - b.task.cpu || byPid(a, b));
  return [...tasks].sort(byPid);
}

function rss({ memory }: TaskDetails): number {
  if ('missing' in memory || memory.value === null) return -1;
  const { anon, file, shmem } = memory.value.pages;
  return anon + file + shmem;
}
