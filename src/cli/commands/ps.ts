import { fact } from '../../kernel/evidence/fact.ts';
import { withSmallReads } from '../../kernel/open/small-reads.ts';
import { readClocks } from '../../kernel/system/clocks.ts';
import { argumentReader } from '../../kernel/tasks/process-arguments.ts';
import { type TaskDetails, taskDetails } from '../../kernel/tasks/processes.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { countTasks } from '../../kernel/tasks/task-counts.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import { sortedTasks, type TaskOrder } from '../../kernel/tasks/task-order.ts';
import { branchesOf, type TreeTask, treeOf } from '../../kernel/tasks/task-tree.ts';
import { nameReader } from '../../kernel/tasks/thread-names.ts';
import { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { each } from '../../report/each.ts';
import { type PsReport, psReport } from '../../report/ps-report.ts';
import type { ListedTask } from '../../report/task-row.ts';
import type { View } from '../../report/view.ts';
import type { Session } from '../session/session.ts';

export interface PsAsked {
  readonly sort?: TaskOrder;
  readonly top?: number;
  readonly threads?: boolean;
  readonly tree?: boolean;
  readonly user?: boolean;
  readonly kernel?: boolean;
  readonly state?: ReadonlySet<string>;
}

/** `ps`: the tasks of the kernel. */
export function report({ image, kernel: open }: Session, asked: PsAsked): PsReport {
  const kernel = withSmallReads(open());
  const typed = new TypedKernel(kernel);
  const listing = listTasks(typed);
  const clocks = fact(() => readClocks(typed));
  const selected = listing.tasks.filter((task) => isSelected(task, asked));
  const wanted = selected.filter((task) => asked.threads || isLeader(task));
  const read = (tasks: readonly Task[]) =>
    sortedTasks(taskDetails(typed, listing, tasks, clocks), asked.sort ?? 'pid');
  const { tasks, places, problems } = asked.tree
    ? inTree(read(listing.tasks.filter((task) => asked.threads || isLeader(task))), new Set(wanted))
    : inList(read(wanted), asked.top);
  return psReport({
    file: { path: image.path, format: image.format },
    release: kernel.info.get('OSRELEASE') ?? null,
    doubts: kernel.info.doubts,
    listing,
    counts: countTasks(listing.tasks),
    clocks,
    tasks,
    problems,
    selected: wanted.length,
    isLost: (kind) => kind === 'io' || (kind === 'notStored' && image.memory.cutShort),
    listed: listedTasks(places, nameReader(typed), argumentReader(typed)),
    otherThreads: asked.state === undefined ? 0 : selected.length - wanted.length,
  });
}

type PlacedTask = Pick<ListedTask, 'details' | 'place'>;

/** Reads of each task what only the list needs. One at a time: there may be a hundred thousand. */
function* listedTasks(
  places: Iterable<PlacedTask>,
  nameOf: ReturnType<typeof nameReader>,
  argumentsOf: ReturnType<typeof argumentReader>,
): Generator<ListedTask> {
  for (const { details, place } of places) {
    const { task } = details;
    yield { details, name: nameOf(task), args: argumentsOf(task), ...(place && { place }) };
  }
}

/** What was read, what to list of it, and what is wrong with it. */
interface Arranged {
  readonly tasks: readonly TaskDetails[];
  readonly places: Iterable<PlacedTask>;
  readonly problems: readonly string[];
}

function inList(tasks: readonly TaskDetails[], top: number | undefined): Arranged {
  const places = each(function* () {
    for (const details of tasks.slice(0, top)) yield { details };
  });
  return { tasks, places, problems: [] };
}

/** @param wanted the tasks that were asked for; their ancestors are listed, too */
function inTree(tasks: readonly TaskDetails[], wanted: ReadonlySet<Task>): Arranged {
  const tree = treeOf(tasks);
  const isWanted = ({ details }: TreeTask) => wanted.has(details.task);
  const places = branchesOf(tree.tasks, isWanted).map((one) => ({
    details: one.details,
    place: { depth: one.depth, selected: isWanted(one) },
  }));
  return { tasks, places, problems: tree.problems };
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
