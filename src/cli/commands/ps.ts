import { fact } from '../../kernel/evidence/fact.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { readClocks } from '../../kernel/system/clocks.ts';
import { argumentReader } from '../../kernel/tasks/process-arguments.ts';
import { taskDetails } from '../../kernel/tasks/processes.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import { sortedTasks, type TaskOrder } from '../../kernel/tasks/task-order.ts';
import { nameReader } from '../../kernel/tasks/thread-names.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type PsReport, psReport } from '../../report/ps-report.ts';
import type { View } from '../../report/view.ts';
import type { Session } from '../session/session.ts';

export interface PsAsked {
  readonly sort?: TaskOrder;
  readonly top?: number;
  readonly threads?: boolean;
  readonly user?: boolean;
  readonly kernel?: boolean;
  readonly state?: ReadonlySet<string>;
}

/** `ps`: the tasks of the kernel. */
export function report({ image, kernel: open }: Session, asked: PsAsked): PsReport {
  const kernel = withSmallReads(open());
  const typed = new TypedKernel(kernel);
  const listing = listTasks(typed);
  const selected = listing.tasks.filter((task) => isSelected(task, asked));
  const wanted = selected.filter((task) => asked.threads || isLeader(task));
  const clocks = fact(() => readClocks(typed));
  const tasks = sortedTasks(taskDetails(typed, listing, wanted, clocks), asked.sort ?? 'pid');
  const [nameOf, argumentsOf] = [nameReader(typed), argumentReader(typed)];
  return psReport({
    file: { path: image.path, format: image.format },
    release: kernel.info.get('OSRELEASE') ?? null,
    doubts: kernel.info.doubts,
    listing,
    counts: countTasks(listing.tasks),
    clocks,
    tasks,
    problems: [],
    selected: tasks.length,
    listed: tasks
      .slice(0, asked.top)
      .map((details) => ({ details, name: nameOf(details.task), args: argumentsOf(details.task) })),
    otherThreads: asked.state === undefined ? 0 : selected.length - wanted.length,
  });
}

export async function view(report: PsReport, { threads }: PsAsked): Promise<View> {
  return (await import('../../report/views/ps-view.ts')).psView(report, threads === true);
}

/** Whether a task is of the kind and in a state that was asked for. */
function isSelected({ kernelThread, state }: Task, asked: PsAsked): boolean {
  if (kernelThread ? asked.user : asked.kernel) return false;
  return asked.state === undefined || asked.state.has(state);
}

/** Whether a task is the leader of its thread group. */
function isLeader({ pid, tgid }: Task): boolean {
  return pid === tgid;
}
