import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { type TaskDetails, taskDetails } from '../../kernel/tasks/processes.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type PsReport, psReport } from '../../report/ps-report.ts';
import type { View } from '../../report/view.ts';
import type { Session } from '../session/session.ts';

export type PsOrder = 'pid' | 'rss' | 'cpu';

export interface PsAsked {
  readonly sort?: PsOrder;
  readonly top?: number;
  readonly threads?: boolean;
}

/** `ps`: the tasks of the kernel. */
export function report({ image, kernel: open }: Session, asked: PsAsked): PsReport {
  const kernel = withSmallReads(open());
  const typed = new TypedKernel(kernel);
  const listing = listTasks(typed);
  const wanted = listing.tasks.filter((task) => asked.threads || isLeader(task));
  const tasks = ordered(taskDetails(typed, listing, wanted), asked.sort ?? 'pid');
  return psReport({
    file: { path: image.path, format: image.format },
    release: kernel.info.get('OSRELEASE') ?? null,
    doubts: kernel.info.doubts,
    listing,
    counts: countTasks(listing.tasks),
    tasks,
    top: asked.top,
  });
}

export async function view(report: PsReport, { threads }: PsAsked): Promise<View> {
  return (await import('../../report/views/ps-view.ts')).psView(report, threads === true);
}

/** Whether a task is the leader of its thread group. */
function isLeader({ pid, tgid }: Task): boolean {
  return pid === tgid;
}

/** Sorted by PID, by memory (largest first) or by CPU; equal ones by PID. */
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
