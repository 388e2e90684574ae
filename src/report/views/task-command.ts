import type { TaskRow } from '../task-row.ts';

/** After a name or command line that is not whole. */
const MORE = ' ...';

/**
 * What a task runs: the command line of a process, the name of a thread. The kernel's own threads are in
 * brackets, as ps(1) has them.
 */
export function commandText(task: TaskRow): string {
  const { pid, tgid, comm, name, args } = task;
  const more = whyNotWhole(task) === undefined ? '' : MORE;
  const own = (pid === tgid && args ? args : (name ?? comm)) + more;
  return branch(task.depth ?? 0) + (task.kernelThread ? `[${own}]` : own);
}

/** A damaged dump may have a chain of any length. */
const DEEPEST = 16;

/** What is before a command in a tree, as in ps --forest, but narrower. */
function branch(depth: number): string {
  return depth === 0 ? '' : `${'  '.repeat(Math.min(depth, DEEPEST) - 1)}\\_ `;
}

/** How many commands are not whole, by why: "3 swapped out", the most frequent reasons. */
export function notWhole(tasks: readonly TaskRow[]): string[] {
  const counts = new Map<string, number>();
  for (const task of tasks) {
    const why = whyNotWhole(task);
    if (why !== undefined) counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  const all = [...counts].sort(([, a], [, b]) => b - a);
  const others = all.slice(MOST_REASONS).reduce((sum, [, count]) => sum + count, 0);
  const named = all.slice(0, MOST_REASONS).map(([why, count]) => `${count} ${why}`);
  return others > 0 ? [...named, `${others} for other reasons`] : named;
}

const MOST_REASONS = 3;

function whyNotWhole({ kernelThread, pid, tgid, ...task }: TaskRow): string | undefined {
  if (task.nameMissing !== undefined) return 'names not readable';
  if (kernelThread || pid !== tgid) return undefined;
  return task.argsMissing ?? (task.argsBytes === undefined ? undefined : 'too long');
}
