import { describe, expect, test } from 'vitest';
import { listTasks } from '../../../src/kernel/tasks/task-listing.ts';
import { type BuiltTask, TaskKernel } from '../../builders/task-kernel.ts';

const INIT: BuiltTask = { pid: 1, comm: 'init' };
const KTHREADD: BuiltTask = { pid: 2, comm: 'kthreadd', flags: 0x20_8040 };
const NOWHERE = 0xffff_9999_0000_0000n;
const pidsOf = (kernel: TaskKernel) => listTasks(kernel.typed).tasks.map(({ pid }) => pid);

describe('the tasks of a kernel', () => {
  const threads = [10, 11, 12].map((pid) => ({ pid, tgid: 10, comm: `thread-${pid}` }));
  const kernel = new TaskKernel({ tasks: [INIT, KTHREADD, ...threads] });

  test('are the processes in the list, each with its threads', () => {
    expect(pidsOf(kernel)).toEqual([1, 2, 10, 11, 12]);
    expect(listTasks(kernel.typed).problems).toEqual([]);
  });

  test('are described by their task_struct', () => {
    const [init, kthreadd] = listTasks(kernel.typed).tasks;
    expect(init).toMatchObject({
      pid: 1,
      tgid: 1,
      comm: 'init',
      state: 'S',
      kernelThread: false,
      cachedPages: [],
    });
    expect(kthreadd).toMatchObject({ kernelThread: true, mm: 0n });
  });

  test('keep a name as it is, with any bytes', () => {
    const named = new TaskKernel({ tasks: [{ pid: 1, comm: '\x1b[2J\xff' }] });
    expect(listTasks(named.typed).tasks[0]?.comm).toBe('\x1b[2J\xff');
  });
});

describe('more tasks than the limit', () => {
  const tasks = Array.from({ length: 6 }, (_, i) => ({ pid: 20 + i }));

  test('are reported, whichever structure has them, and the listing is not whole', () => {
    const unlisted = tasks.map((task) => ({ ...task, listed: false }));
    const threads = tasks.map((task) => ({ ...task, tgid: 20 }));
    for (const built of [tasks, threads, [INIT, ...unlisted]]) {
      const { tasks: listed, problems, whole, checks } = listTasks(new TaskKernel({ tasks: built }).typed, 4);
      expect([listed.length, whole, checks]).toEqual([4, false, []]);
      expect(problems).toContain('there are more than 4 tasks; the others are not listed');
    }
  });

  test('are not reported at exactly the limit', () => {
    const { tasks: listed, problems, whole } = listTasks(new TaskKernel({ tasks }).typed, 6);
    expect([listed.length, problems, whole]).toEqual([6, [], true]);
  });
});

describe('tasks that only one structure has', () => {
  test('are listed and reported when the lists lack them', () => {
    const kernel = new TaskKernel({ tasks: [INIT, { pid: 7, listed: false }] });
    expect(pidsOf(kernel)).toEqual([1, 7]);
    expect(listTasks(kernel.typed).problems).toEqual([
      'in the PID table but not in the lists of tasks: PID 7',
    ]);
  });

  test('are listed and reported when the PID table lacks them', () => {
    const kernel = new TaskKernel({ tasks: [INIT, { pid: 7, inTable: false }, { pid: 8, inTable: false }] });
    expect(pidsOf(kernel)).toEqual([1, 7, 8]);
    expect(listTasks(kernel.typed).problems).toEqual([
      'in the lists of tasks but not in the PID table: PIDs 7, 8',
    ]);
  });

  test('are named up to ten', () => {
    const tasks = Array.from({ length: 12 }, (_, i) => ({ pid: 20 + i, inTable: false }));
    const [problem] = listTasks(new TaskKernel({ tasks }).typed).problems;
    expect(problem).toMatch(/PIDs 20, .* 29 and 2 more$/);
  });
});

describe('a task_struct with an impossible PID', () => {
  test.each([
    ['pid', -7],
    ['pid', 1 << 22],
    ['tgid', -1],
  ] as const)('is not a task, which is reported: its %s is %d', (name, value) => {
    const kernel = new TaskKernel({ tasks: [INIT, { pid: 7, inTable: false }, { pid: 8 }] });
    kernel.setId(7, name, value);
    expect(pidsOf(kernel)).toEqual([1, 8]);
    expect(listTasks(kernel.typed).problems).toEqual([
      expect.stringMatching(`there is no task at 0x[0-9a-f]+: its ${name} is ${value}`),
    ]);
  });
});

describe('broken lists', () => {
  const tasks = [INIT, KTHREADD, { pid: 3 }, { pid: 4, tgid: 3 }];

  test('end where they lead nowhere, and the PID table supplies the rest', () => {
    const kernel = new TaskKernel({ tasks });
    kernel.linkTask(1, NOWHERE);
    kernel.linkTask(0, NOWHERE, 'prev');
    expect(pidsOf(kernel)).toEqual([1, 2, 3, 4]);
    const [broken, missing] = listTasks(kernel.typed).problems;
    expect(broken).toMatch(/^the list of tasks is broken at 0x[0-9a-f]+: .*0xffff999900000000 is not mapped/);
    expect(missing).toBe('in the PID table but not in the lists of tasks: PIDs 2, 3, 4');
  });

  test('are completed from their other end', () => {
    const kernel = new TaskKernel({ tasks });
    kernel.linkTask(1, NOWHERE);
    expect(pidsOf(kernel)).toEqual([1, 2, 3, 4]);
    const { problems } = listTasks(kernel.typed);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^the list of tasks is broken at .* both ends meet$/);
  });

  test('lose nothing if the PID table or their other end has the rest', () => {
    const kernel = new TaskKernel({ tasks });
    kernel.linkTask(1, NOWHERE);
    expect(listTasks(kernel.typed).whole).toBe(true);
    kernel.linkTask(0, NOWHERE, 'prev');
    expect(listTasks(kernel.typed).whole).toBe(true);
  });

  test('yield no tasks with impossible PIDs', () => {
    const kernel = new TaskKernel({ tasks: [...tasks, { pid: 5, tgid: -7, inTable: false }] });
    const { tasks: found, problems } = listTasks(kernel.typed);
    expect(found.map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
    expect(problems).toEqual([]);
    kernel.linkTask(2, kernel.addressOf(6) + 64n);
    const planted = listTasks(kernel.typed);
    expect(planted.tasks.map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
  });

  test('do not run in a circle for ever', () => {
    const kernel = new TaskKernel({ tasks });
    kernel.linkTask(2, kernel.addressOf(1) + 64n);
    const { problems, tasks: found } = listTasks(kernel.typed);
    expect(found.map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
    expect(problems[0]).toContain('runs in a circle');
  });

  test('of threads leave the leader and what the PID table has', () => {
    const kernel = new TaskKernel({ tasks });
    kernel.linkThreads(3, NOWHERE);
    expect(pidsOf(kernel)).toEqual([1, 2, 3, 4]);
    expect(listTasks(kernel.typed).problems[0]).toMatch(/^the list of threads of process 3 is broken/);
  });
});

describe('the CPUs', () => {
  const tasks = [INIT, { pid: 5, comm: 'victim' }];

  test('run the tasks in their own variables, including the idle one', () => {
    const listing = listTasks(new TaskKernel({ tasks, current: [5, 0], online: [0] }).typed);
    if (!('value' in listing.cpus)) throw new Error(listing.cpus.missing);
    expect(
      listing.cpus.value.map(({ cpu, online, current }) => [cpu, online, current?.pid, current?.comm]),
    ).toEqual([
      [0, true, 5, 'victim'],
      [1, false, 0, 'swapper/0'],
    ]);
  });

  test.each([
    [1, 1],
    [null, undefined],
  ])('include the one that panicked, by panic_cpu %s', (panicCpu, expected) => {
    const { panickingCpu } = listTasks(new TaskKernel({ tasks, current: [0, 5], panicCpu }).typed);
    expect('value' in panickingCpu ? panickingCpu.value : undefined).toBe(expected);
  });

  test('include none that panicked while panic_cpu is invalid', () => {
    const listing = listTasks(new TaskKernel({ tasks }).typed);
    expect(listing.panickingCpu).toEqual({ value: null });
  });
});
