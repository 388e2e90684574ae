import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/kernel/evidence/fact.ts';
import { type TaskDetails, taskDetails } from '../../../src/kernel/tasks/processes.ts';
import { countTasks } from '../../../src/kernel/tasks/task-counts.ts';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { type BuiltTask, TaskKernel } from '../../builders/task-kernel.ts';

/** 100 s since boot, 10 s of them suspended. */
const CLOCK = { value: { uptime: 100_000_000_000n, suspended: 10_000_000_000n } };

function detailed({ typed }: TaskKernel): TaskDetails[] {
  const listing = listTasks(typed);
  return taskDetails(typed, listing, listing.tasks, CLOCK);
}

function valueIn<T>(fact: Fact<T> | undefined): T {
  if (fact && 'value' in fact) return fact.value;
  throw new Error(fact?.missing ?? 'no such task');
}

const memoryOf = (kernel: TaskKernel, pid = 1) =>
  valueIn(detailed(kernel).find(({ task }) => task.pid === pid)?.memory);

describe('memory counted per CPU', () => {
  test('is the count and what the CPUs have not yet added', () => {
    const mms = [
      { counts: [9, 9, 9, 9], cpus: [] },
      {
        counts: [100, 200, 3, 40],
        cpus: [
          [1, -2, 0, 4],
          [10, 20, 0, -40],
        ],
        pageTables: 36864,
      },
    ] as const;
    const memory = memoryOf(new TaskKernel({ tasks: [{ pid: 1, mm: 1 }], mms, current: [0, 0] }));
    expect(memory?.pages).toEqual({ file: 111, anon: 218, swap: 3, shmem: 4 });
    expect(memory?.cached).toEqual({ file: 11, anon: 18, swap: 0, shmem: -36 });
    expect(memory?.pageTables).toBe(36864);
  });

  test('is 0 if the sum is negative', () => {
    const mms = [{ counts: [0, 5, 0, 0], cpus: [[-3, -5, 0, 0]] }] as const;
    const memory = memoryOf(new TaskKernel({ tasks: [{ pid: 1, mm: 0 }], mms }));
    expect(memory?.pages).toEqual({ file: 0, anon: 0, swap: 0, shmem: 0 });
  });
});

describe('memory counted by tasks', () => {
  test('is the count of the mm and what its users have not yet added', () => {
    const kernel = new TaskKernel({
      form: 'split',
      tasks: [
        { pid: 1, mm: 0, cached: [1, 2, 0, 0] },
        { pid: 2, tgid: 1, mm: 0, cached: [10, -20, 5, 0] },
        { pid: 3, mm: 0, cached: [100, 0, 0, 7] },
        { pid: 4, mm: 1, cached: [0, 0, 0, 0] },
      ],
      mms: [{ counts: [1000, 2000, 0, -3] }, { counts: [1, 2, 3, 4] }],
    });
    const shared = memoryOf(kernel);
    expect(shared?.pages).toEqual({ file: 1111, anon: 1982, swap: 5, shmem: 4 });
    expect(shared?.cached).toEqual({ file: 111, anon: -18, swap: 5, shmem: 7 });
    expect(memoryOf(kernel, 3)).toEqual(shared);
    expect(memoryOf(kernel, 4)?.pages).toEqual({ file: 1, anon: 2, swap: 3, shmem: 4 });
  });
});

describe('a task', () => {
  const kernel = new TaskKernel({
    tasks: [
      { pid: 1, uid: 0 },
      { pid: 2, flags: 0x20_0000 },
      { pid: 10, parent: 1, uid: 1000, euid: 0 },
      { pid: 11, tgid: 10, parent: 1, uid: 1000, euid: 0, state: 0 },
      { pid: 12, parent: 11, exitState: 0x20, state: 0x80 },
    ],
  });
  const byPid = new Map(detailed(kernel).map((details) => [details.task.pid, details]));

  test("has its parent's process as its parent, even if the parent is a thread", () => {
    const parents = [1, 10, 11, 12].map((pid) => valueIn(byPid.get(pid)?.ppid));
    expect(parents).toEqual([0, 1, 1, 10]);
  });

  test('has its user ids, and the number of threads of its process', () => {
    expect(valueIn(byPid.get(10)?.owner)).toEqual({ uid: 1000, euid: 0 });
    expect([10, 11, 12].map((pid) => byPid.get(pid)?.threads)).toEqual([2, 2, 1]);
  });

  test('has no memory without an mm', () => {
    expect(valueIn(byPid.get(2)?.memory)).toBeNull();
  });

  test('is counted by its kind and state', () => {
    expect(countTasks(listTasks(kernel.typed).tasks)).toEqual({
      total: 5,
      processes: 3,
      kernelThreads: 1,
      states: { S: 3, R: 1, Z: 1 },
    });
  });

  test('reports why its mm cannot be read, and keeps the rest', () => {
    const lost = new TaskKernel({ tasks: [{ pid: 1, mm: 0x7000, uid: 5 }] });
    const [details] = detailed(lost);
    expect(details?.memory).toMatchObject({ kind: 'notMapped' });
    expect(valueIn(details?.owner)).toEqual({ uid: 5, euid: 5 });
  });
});

describe('the start of a task', () => {
  const startsOf = (form: 'percpu' | 'split', ...tasks: readonly Partial<BuiltTask>[]) =>
    detailed(new TaskKernel({ form, tasks: tasks.map((task, i) => ({ pid: i + 1, ...task })) })).map(
      ({ start }) => start,
    );

  test.each(['percpu', 'split'] as const)('is in the member that each kernel has (%s)', (form) => {
    const starts = startsOf(form, { start: 0 }, { start: 95_000_000_007, startMonotonic: 85_000_000_000 });
    expect(starts).toEqual([{ value: 0n }, { value: 95_000_000_007n }]);
  });

  test('may be after a clock that was not updated for a while', () => {
    expect(startsOf('percpu', { start: 600_000_000_000 })).toEqual([{ value: 600_000_000_000n }]);
  });

  test.each([
    ['later than any reading of the clock', { start: 700_000_000_001 }],
    ['before itself without suspend', { start: 5, startMonotonic: 6 }],
    ['with more suspend than there was', { start: 90_000_000_000, startMonotonic: 78_000_000_000 }],
  ])('is not believed %s', (_, task) => {
    expect(startsOf('percpu', task)).toMatchObject([{ kind: 'corrupt' }]);
  });
});
