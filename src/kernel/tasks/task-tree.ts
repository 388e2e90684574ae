import { known } from '../evidence/fact.ts';
import { Sentences } from '../evidence/sentences.ts';
import type { TaskDetails } from './processes.ts';

/** A task in a tree. */
export interface TreeTask {
  readonly details: TaskDetails;
  /** 0 for one without a parent in the tree. */
  readonly depth: number;
}

/** Tasks in the order of a drawn tree: each before its children. */
export interface TaskTree {
  readonly tasks: readonly TreeTask[];
  /** Sentences about tasks that cannot be in a tree. */
  readonly problems: readonly string[];
}

/**
 * Puts each process under its parent, and each thread under its process. A task whose parent is not known, or
 * not among the tasks, is a root, and so is one of each circle of parents, which only a damaged dump has.
 * Siblings keep their order.
 */
export function treeOf(tasks: readonly TaskDetails[]): TaskTree {
  const parents = parentsOf(tasks);
  const children = new Map<TaskDetails | undefined, TaskDetails[]>();
  for (const [task, parent] of parents) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(task);
    else children.set(parent, [task]);
  }
  const placed = new Map<TaskDetails, number>();
  for (const root of children.get(undefined) ?? []) place(root, children, placed);
  const problems = new Sentences();
  for (const task of tasks) {
    if (placed.has(task)) continue;
    const root = inCircle(task, parents);
    problems.push(`PID ${root.task.pid} is among its own ancestors`);
    place(root, children, placed);
  }
  return {
    tasks: [...placed].map(([details, depth]) => ({ details, depth })),
    problems: problems.list(),
  };
}

type Parents = ReadonlyMap<TaskDetails, TaskDetails | undefined>;

function parentsOf(tasks: readonly TaskDetails[]): Parents {
  const leaders = new Map(
    tasks.filter(({ task }) => task.pid === task.tgid).map((details) => [details.task.pid, details]),
  );
  return new Map(
    tasks.map((details) => {
      const { pid, tgid } = details.task;
      return [details, leaders.get(pid === tgid ? (known(details.ppid) ?? 0) : tgid)];
    }),
  );
}

/** Adds a task and all below it, without recursion: a chain of parents may be long. */
function place(
  root: TaskDetails,
  children: ReadonlyMap<TaskDetails | undefined, readonly TaskDetails[]>,
  placed: Map<TaskDetails, number>,
): void {
  const waiting = [{ details: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { details, depth } = next;
    if (placed.has(details)) continue;
    placed.set(details, depth);
    const below = children.get(details) ?? [];
    for (const child of below.toReversed()) waiting.push({ details: child, depth: depth + 1 });
  }
}

/** Returns the first ancestor of a task that is its own ancestor. */
function inCircle(task: TaskDetails, parents: Parents): TaskDetails {
  const passed = new Set<TaskDetails>();
  let at = task;
  while (!passed.has(at)) {
    passed.add(at);
    at = parents.get(at) ?? at;
  }
  return at;
}

/** The tasks of a tree that are selected, and their ancestors. */
export function branchesOf(
  tasks: readonly TreeTask[],
  isSelected: (one: TreeTask) => boolean,
): readonly TreeTask[] {
  const kept: TreeTask[] = [];
  let wanted = -1;
  // From the last to the first: the next one above that is less deep by one is the parent.
  for (const one of tasks.toReversed()) {
    if (one.depth !== wanted && !isSelected(one)) continue;
    kept.push(one);
    wanted = one.depth - 1;
  }
  return kept.reverse();
}
