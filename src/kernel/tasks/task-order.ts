import { known } from '../evidence/fact.ts';
import type { MmUse } from './mm-counters.ts';
import type { TaskDetails } from './processes.ts';

/** By PID or CPU from the lowest, by memory from the largest, by start from the latest. */
export type TaskOrder = 'pid' | 'rss' | 'swap' | 'start' | 'cpu';

type Compare = (a: TaskDetails, b: TaskDetails) => number;

const byPid: Compare = (a, b) => a.task.tgid - b.task.tgid || a.task.pid - b.task.pid;
const largest = (of: (use: MmUse) => number): Compare => {
  const bytes = ({ memory }: TaskDetails) => {
    const use = known(memory);
    return use ? of(use) : -1;
  };
  return (a, b) => bytes(b) - bytes(a);
};

const startOf = ({ start }: TaskDetails) => known(start) ?? -1n;

const COMPARE: Readonly<Record<TaskOrder, Compare>> = {
  pid: byPid,
  rss: largest(({ pages }) => pages.anon + pages.file + pages.shmem),
  swap: largest(({ pages }) => pages.swap),
  start: (a, b) => Number(startOf(b) - startOf(a)),
  cpu: (a, b) => a.task.cpu - b.task.cpu,
};

/** Returns the tasks in an order; equal ones, and those of which it is unknown, by PID. */
export function sortedTasks(tasks: readonly TaskDetails[], order: TaskOrder): TaskDetails[] {
  const compare = COMPARE[order];
  return [...tasks].sort((a, b) => compare(a, b) || byPid(a, b));
}
