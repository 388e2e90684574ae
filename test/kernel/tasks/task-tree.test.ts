import { describe, expect, test } from 'vitest';
import { type TaskDetails, taskDetails } from '../../../src/kernel/tasks/processes.ts';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { sortedTasks } from '../../../src/kernel/tasks/task-order.ts';
import { branchesOf, treeOf } from '../../../src/kernel/tasks/task-tree.ts';
import { type BuiltTask, TaskKernel } from '../../builders/task-kernel.ts';

function detailsOf(...tasks: readonly BuiltTask[]): TaskDetails[] {
  const { typed } = new TaskKernel({ tasks });
  const listing = listTasks(typed);
  const clock = { value: { uptime: 0n, suspended: 0n } };
  return sortedTasks(taskDetails(typed, listing, listing.tasks, clock), 'pid');
}

const drawn = (details: readonly TaskDetails[]) => {
  const { tasks, problems } = treeOf(details);
  return { tasks: tasks.map((one) => [one.details.task.pid, one.depth]), problems };
};

describe('a tree of tasks', () => {
  test('has children below their parents, and threads below their process', () => {
    const tasks = [
      { pid: 1 },
      { pid: 2 },
      { pid: 3, parent: 2 },
      { pid: 10, parent: 1 },
      { pid: 11, tgid: 10, parent: 1 },
      // A child of a thread is a child of its process.
      { pid: 12, parent: 11 },
      { pid: 13, parent: 1 },
    ];
    expect(drawn(detailsOf(...tasks))).toEqual({
      tasks: [
        ...[
          [1, 0],
          [10, 1],
          [11, 2],
          [12, 2],
          [13, 1],
        ],
        ...[
          [2, 0],
          [3, 1],
        ],
      ],
      problems: [],
    });
  });

  test('has a task as a root whose parent is not among the tasks', () => {
    const [, ...others] = detailsOf({ pid: 1 }, { pid: 5, parent: 1 }, { pid: 6, parent: 5 });
    expect(drawn(others)).toEqual({
      tasks: [
        [5, 0],
        [6, 1],
      ],
      problems: [],
    });
  });

  test('has a task as a root whose parent is not known', () => {
    const missing = { missing: 'why', kind: 'notStored' } as const;
    const [first, second] = detailsOf({ pid: 1 }, { pid: 5, parent: 1 });
    const details = [first as TaskDetails, { ...(second as TaskDetails), ppid: missing }];
    expect(drawn(details)).toEqual({
      tasks: [
        [1, 0],
        [5, 0],
      ],
      problems: [],
    });
  });

  test('has one of each circle as a root, and all that hang on it', () => {
    const tasks = [
      { pid: 1 },
      { pid: 4, parent: 6 },
      { pid: 5, parent: 7 },
      { pid: 6, parent: 5 },
      { pid: 7, parent: 6 },
      { pid: 8, parent: 8 },
    ];
    expect(drawn(detailsOf(...tasks))).toEqual({
      tasks: [
        [1, 0],
        [6, 0],
        [4, 1],
        [7, 1],
        [5, 2],
        [8, 0],
      ],
      problems: ['PID 6 is among its own ancestors', 'PID 8 is among its own ancestors'],
    });
  });

  test('may be as deep as there are tasks', () => {
    const chain = Array.from({ length: 60 }, (_, i) => ({ pid: i + 1, parent: i }));
    expect(drawn(detailsOf(...chain)).tasks.at(-1)).toEqual([60, 59]);
  });
});

describe('the branches of a tree', () => {
  const { tasks } = treeOf(
    detailsOf(
      ...[{ pid: 1 }, { pid: 2, parent: 1 }, { pid: 3, parent: 2 }, { pid: 4, parent: 3 }],
      ...[{ pid: 5, parent: 2 }, { pid: 6, parent: 1 }, { pid: 7, parent: 6 }, { pid: 8 }],
    ),
  );
  const branches = (...pids: readonly number[]) =>
    branchesOf(tasks, ({ details }) => pids.includes(details.task.pid)).map(
      ({ details }) => details.task.pid,
    );

  test.each([
    [[7], [1, 6, 7]],
    [
      [4, 7],
      [1, 2, 3, 4, 6, 7],
    ],
    [
      [5, 2],
      [1, 2, 5],
    ],
    [
      [4, 5],
      [1, 2, 3, 4, 5],
    ],
    [[8], [8]],
    [[], []],
  ])('lead to %j', (pids, expected) => {
    expect(branches(...pids)).toEqual(expected);
  });
});
