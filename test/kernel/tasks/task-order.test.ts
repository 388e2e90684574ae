import { describe, expect, test } from 'vitest';
import { taskDetails } from '../../../src/kernel/tasks/processes.ts';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { sortedTasks, type TaskOrder } from '../../../src/kernel/tasks/task-order.ts';
import { TaskKernel } from '../../builders/task-kernel.ts';

const CLOCK = { value: { uptime: 1000n, suspended: 0n } };

/** Counts are of files, anonymous, swap, shmem. */
const { typed } = new TaskKernel({
  tasks: [
    { pid: 9, mm: 0, cpu: 1, start: 7 },
    { pid: 1, mm: 1, start: 1 },
    { pid: 4, start: 7 },
    { pid: 5, mm: 0x7000, start: 900 },
    { pid: 7, mm: 2, start: 3, startMonotonic: 4 },
  ],
  mms: [{ counts: [1, 1, 5, 1] }, { counts: [0, 9, 0, 0] }, { counts: [1, 1, 5, 1] }],
  current: [1, 9],
});

function pidsBy(order: TaskOrder): number[] {
  const listing = listTasks(typed);
  return sortedTasks(taskDetails(typed, listing, listing.tasks, CLOCK), order).map(({ task }) => task.pid);
}

describe('tasks', () => {
  test.each([
    ['pid', [1, 4, 5, 7, 9]],
    ['rss', [1, 7, 9, 4, 5]],
    ['swap', [7, 9, 1, 4, 5]],
    ['start', [5, 4, 9, 1, 7]],
    ['cpu', [1, 4, 5, 7, 9]],
  ] as const)(
    'are in order by %s, equal ones by PID, and those of which it is not known last',
    (order, pids) => {
      expect(pidsBy(order)).toEqual(pids);
    },
  );
});
