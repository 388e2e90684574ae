import { describe, expect, test } from 'vitest';
import type { ErrorKind } from '../../src/errors.ts';
import type { Fact } from '../../src/kernel/evidence/fact.ts';
import type { MmUse } from '../../src/kernel/tasks/mm-counters.ts';
import type { Arguments } from '../../src/kernel/tasks/process-arguments.ts';
import type { TaskDetails } from '../../src/kernel/tasks/processes.ts';
import type { Task } from '../../src/kernel/tasks/task.ts';
import { type PsFacts, type PsReport, psReport } from '../../src/report/ps-report.ts';
import type { ListedTask } from '../../src/report/task-row.ts';
import { psView } from '../../src/report/views/ps-view.ts';
import { violations } from '../support/schema.ts';
import { textOf } from '../support/text-of.ts';

const USE: MmUse = {
  pages: { file: 1, anon: 300, swap: 2, shmem: 10 },
  cached: { file: -1, anon: 20, swap: 0, shmem: 0 },
  pageTables: 40960,
};
const LOST = { missing: 'virtual address 0x7000 is not mapped', kind: 'notMapped' } as const;

function task(pid: number, changes: Partial<Task> = {}): Task {
  const lists = {
    hasStack: true,
    realParent: 0n,
    cred: 0n,
    signal: 0n,
    alone: true,
    mm: 0n,
    cachedPages: [],
  };
  return {
    ...{
      address: 0xffff_8880_0000_0000n + BigInt(pid),
      pid,
      tgid: pid,
      state: 'S',
      cpu: 0,
      comm: `task-${pid}`,
    },
    ...{ kernelThread: false, ...lists, ...changes },
  };
}

function details(one: Task, memory: Fact<MmUse | null> = { value: USE }): TaskDetails {
  return {
    task: one,
    ppid: { value: 1 },
    owner: { value: { uid: 0, euid: 0 } },
    threads: 1,
    memory,
    start: { value: 1_000_000_000n },
  };
}

/** Booted on 2023-11-14 at 22:13 UTC. */
const CLOCKS = { uptime: 7_200_000_000_000n, suspended: 0n, wall: 1_700_007_200_000_000_000n };

function listed(one: TaskDetails, args: Arguments | null = null, name = one.task.comm): ListedTask {
  return { details: one, name: { value: name }, args };
}

function reportOf(tasks: readonly TaskDetails[], changes: Partial<PsFacts> = {}): PsReport {
  const running = tasks[0]?.task ?? task(1);
  return psReport({
    file: { path: 'core', format: 'ELF64 vmcore' },
    release: '6.12.1',
    doubts: [],
    isLost: (kind) => kind === 'io',
    listing: {
      tasks: tasks.map((one) => one.task),
      cpus: { value: [{ cpu: 0, online: true, task: running.address, current: running }] },
      panickingCpu: { value: null },
      problems: [],
      whole: true,
      checks: [],
    },
    counts: { total: tasks.length, processes: tasks.length, kernelThreads: 0, states: { S: tasks.length } },
    clocks: { value: CLOCKS },
    tasks,
    problems: [],
    selected: tasks.length,
    listed: tasks.map((one) => listed(one)),
    otherThreads: 0,
    ...changes,
  });
}

/** The lines after the heading. */
const rowsOf = async (report: PsReport) => {
  const [, rows = ''] = (await textOf(psView(report, false))).split('COMMAND\n');
  return rows.trimEnd().split('\n');
};

describe('the report on tasks', () => {
  test('has memory in bytes, and what is still in caches', () => {
    const report = reportOf([details(task(7))]);
    expect(report.tasks[0]?.memory).toEqual({
      rss: { total: 311 * 4096, anon: 300 * 4096, file: 4096, shmem: 40960 },
      swap: 8192,
      pageTables: 40960,
      cached: { anon: 20 * 4096, file: -4096, shmem: 0, swap: 0 },
    });
    expect(violations('ps', report)).toEqual([]);
    expect(report).toMatchObject({ complete: true, warnings: [] });
  });

  test('distinguishes memory that is lost from no memory', async () => {
    const report = reportOf([
      details(task(7), LOST),
      details(task(8, { kernelThread: true }), { value: null }),
    ]);
    expect(report.tasks.map(({ memory, missing }) => [memory, missing])).toEqual([
      [null, LOST.missing],
      [null, undefined],
    ]);
    expect(report.warnings).toEqual([`task 7: ${LOST.missing}`]);
    expect(report.complete).toBe(false);
    expect(violations('ps', report)).toEqual([]);
    expect((await rowsOf(report)).map((row) => row.split(/ +/).slice(5))).toEqual([
      ['?', '?', '?', '?', '?', '?', '22:13', 'task-7'],
      ['-', '-', '-', '-', '-', '-', '22:13', '[task-8]'],
    ]);
  });

  test('warns about all tasks, also about those that are not shown', () => {
    const shown = [listed(details(task(7)))];
    const report = reportOf([details(task(7)), details(task(8), LOST)], { listed: shown });
    expect(report.tasks.map(({ pid }) => pid)).toEqual([7]);
    expect(report.complete).toBe(false);
  });

  test('says how many tasks were asked for, and which threads are not listed', async () => {
    const shown = [listed(details(task(7)))];
    const report = reportOf([details(task(7)), details(task(8))], { listed: shown, otherThreads: 1 });
    expect(report).toMatchObject({ selected: 2, otherThreads: 1 });
    const text = await textOf(psView(report, false));
    expect(text).toContain('1 of 2 tasks are shown.');
    expect(text).toContain('1 more thread is in such a state; --threads lists threads, too.');
    expect(violations('ps', report)).toEqual([]);
  });

  test('lists twenty problems, and counts the others', () => {
    const report = reportOf(Array.from({ length: 25 }, (_, i) => details(task(i + 1), LOST)));
    expect(report.warnings).toHaveLength(21);
    expect(report.warnings.at(-1)).toBe('and 5 more problems');
  });

  test('says that it is unknown which tasks were running', async () => {
    const listing = { tasks: [], cpus: LOST, panickingCpu: LOST, problems: [], whole: true, checks: [] };
    const report = reportOf([details(task(7))], { listing });
    expect(report).toMatchObject({ cpus: null, complete: false });
    expect(report.tasks).toMatchObject([{ running: null, panicking: null }]);
    expect(report.warnings).toHaveLength(2);
    expect(violations('ps', report)).toEqual([]);
    expect(await rowsOf(report)).toEqual([expect.stringMatching(/^\? +7 /)]);
  });

  test('has no panicking task if no CPU panicked, even if it is unknown which were running', () => {
    const listing = {
      tasks: [],
      cpus: LOST,
      panickingCpu: { value: null },
      problems: [],
      whole: true,
      checks: [],
    };
    const report = reportOf([details(task(7))], { listing });
    expect(report.tasks).toMatchObject([{ running: null, panicking: false }]);
  });

  test('does not say whether a CPU panicked if that is lost', () => {
    const current = task(7);
    const cpus = { value: [{ cpu: 0, online: true, task: current.address, current }] };
    const report = reportOf([details(current)], {
      listing: { tasks: [current], cpus, panickingCpu: LOST, problems: [], whole: true, checks: [] },
    });
    expect(report.cpus).toMatchObject([{ cpu: 0, panicking: null, pid: 7 }]);
    expect(report.tasks).toMatchObject([{ running: true, panicking: null }]);
    expect(violations('ps', report)).toEqual([]);
  });

  test('has a lower bound if the list of tasks breaks off', async () => {
    const listing = {
      tasks: [task(7)],
      ...{ cpus: { value: [] }, panickingCpu: { value: null } },
      problems: ['the list of tasks is broken at 0x1: why'],
      whole: false,
      checks: [],
    };
    const report = reportOf([details(task(7))], { listing });
    const found = { total: 1, processes: 1, kernelThreads: 0, states: { S: 1 } };
    expect(report.counts).toEqual({
      ...{ total: null, processes: null, kernelThreads: null, states: null },
      atLeast: found,
    });
    expect(report.tasks).toMatchObject([{ pid: 7, threads: null }]);
    expect(report).toMatchObject({ selected: null, otherThreads: null });
    expect(violations('ps', report)).toEqual([]);
    expect(await textOf(psView(report, false))).toContain(
      'at least 1 process, 0 kernel threads, 1 task in all',
    );
  });
});

describe('what a task runs', () => {
  const [process, other, third, thread] = [task(7), task(8), task(9), task(10, { tgid: 7 })];
  const worker = task(11, { kernelThread: true, comm: 'kworker/u8:0' });
  const all = [process, other, third, thread, worker].map((one) => details(one));
  const shown = ([of7, of8, of9, of10, of11]: readonly TaskDetails[]) => [
    listed(of7 as TaskDetails, { text: '/bin/sh -c sleep 9' }),
    listed(of8 as TaskDetails, { missing: 'swapped out', kind: null }),
    listed(of9 as TaskDetails, { text: 'java', cutFrom: 9000 }),
    listed(of10 as TaskDetails, { text: '/bin/sh -c sleep 9' }),
    listed(of11 as TaskDetails, null, 'kworker/u8:0-events_unbound'),
  ];

  test('is missing from the report if the file has lost it, not if a filter left it out', () => {
    const [one] = all as [TaskDetails];
    const report = (kind: ErrorKind) =>
      reportOf([one], {
        listed: [
          {
            details: one,
            name: { missing: 'its memory is unreadable', kind },
            args: { missing: 'gone', kind },
          },
        ],
      });
    expect(report('notStored')).toMatchObject({ complete: true, warnings: [] });
    expect(report('io')).toMatchObject({
      complete: false,
      warnings: ['task 7: its name: its memory is unreadable', 'task 7: its arguments are gone'],
    });
  });

  test('is in JSON whole, or with the reason why not', () => {
    const report = reportOf(all, { listed: shown(all) });
    expect(violations('ps', report)).toEqual([]);
    const rows = report.tasks.map(({ pid, args, argsMissing, argsBytes, name }) => ({
      pid,
      args,
      argsMissing,
      argsBytes,
      name,
    }));
    expect(rows).toEqual([
      { pid: 7, args: '/bin/sh -c sleep 9', name: 'task-7' },
      { pid: 8, args: null, argsMissing: 'swapped out', name: 'task-8' },
      { pid: 9, args: 'java', argsBytes: 9000, name: 'task-9' },
      { pid: 10, args: '/bin/sh -c sleep 9', name: 'task-10' },
      { pid: 11, args: null, name: 'kworker/u8:0-events_unbound' },
    ]);
    expect(report).toMatchObject({ complete: true, warnings: [] });
  });

  test('is in COMMAND, and what is not whole is marked and counted by its reason', async () => {
    const text = await textOf(psView(reportOf(all, { listed: shown(all) }), true), { columns: 200 });
    expect(
      text
        .split('\n')
        .filter((line) => / 22:13 /.test(line))
        .map((line) => line.slice(line.indexOf('22:13') + 6)),
    ).toEqual(['/bin/sh -c sleep 9', 'task-8 ...', 'java ...', 'task-10', '[kworker/u8:0-events_unbound]']);
    expect(text).toContain('Commands that are not whole (...): 1 swapped out, 1 too long.');
  });

  test('is the name if there are no arguments, and comm if the name cannot be read', async () => {
    const some = [details(process), details(worker)];
    const report = reportOf(some, {
      listed: [listed(details(process), { text: '' }), { ...listed(details(worker)), name: LOST }],
    });
    expect(violations('ps', report)).toEqual([]);
    expect(report.tasks).toMatchObject([{ args: '' }, { name: null, nameMissing: LOST.missing }]);
    expect((await rowsOf(report)).map((row) => row.replace(/.*22:13 /, ''))).toEqual([
      'task-7',
      '[kworker/u8:0 ...]',
    ]);
  });
});

describe('the start of a task', () => {
  const startedAt = async (seconds: number, clocks: PsFacts['clocks'] = { value: CLOCKS }) => {
    const one = { ...details(task(7)), start: { value: BigInt(seconds) * 1_000_000_000n } };
    const report = reportOf([one], { clocks });
    expect(violations('ps', report)).toEqual([]);
    const [row = ''] = await rowsOf(report);
    return { start: report.tasks[0]?.startTime, shown: row.split(/ +/).at(-2) };
  };

  test('is in seconds since boot and by the clock', async () => {
    expect(await startedAt(1)).toEqual({ start: { sinceBoot: 1, clock: 1_700_000_001 }, shown: '22:13' });
  });

  test.each([
    ['the hour and minute of the last day', 86_400, '22:13'],
    ['the day of the last year', 365 * 86_400, 'Nov14'],
    ['the year before that', 366 * 86_400, '2023'],
  ])('is shown as %s', async (_, seconds, shown) => {
    const uptime = BigInt(seconds) * 1_000_000_000n;
    const clocks = { uptime, suspended: 0n, wall: 1_700_000_000_000_000_000n + uptime };
    expect((await startedAt(1, { value: clocks })).shown).toBe(shown);
  });

  test('has no time of day if the clock is not known', async () => {
    expect(await startedAt(1, LOST)).toEqual({ start: { sinceBoot: 1, clock: null }, shown: '?' });
  });

  test('is null if it cannot be read', () => {
    const report = reportOf([{ ...details(task(7)), start: LOST }]);
    expect(report).toMatchObject({ tasks: [{ startTime: null }], complete: false });
    expect(violations('ps', report)).toEqual([]);
  });
});

describe('the list for people', () => {
  test('marks the tasks that were running and the one that panicked', async () => {
    const [victim, other] = [task(7, { state: 'R' }), task(8, { cpu: 1 })];
    const report = reportOf([details(victim), details(other), details(task(9))], {
      listing: {
        tasks: [victim, other],
        cpus: {
          value: [
            { cpu: 0, online: true, task: other.address, current: other },
            { cpu: 1, online: true, task: victim.address, current: victim },
          ],
        },
        panickingCpu: { value: 1 },
        problems: [],
        whole: true,
        checks: [],
      },
    });
    expect((await rowsOf(report)).map((row) => row[0])).toEqual(['!', '>', ' ']);
    expect((await textOf(psView(report, false))).replace(/\s+/g, ' ')).toContain(
      'CPU 1 panicked in PID 7 (task-7)',
    );
  });

  test('escapes the names of tasks, also in the title', async () => {
    const named = task(7, { comm: '\x1b[31mred\x07\n' });
    const report = reportOf([details(named)], {
      listing: {
        tasks: [named],
        cpus: { value: [{ cpu: 0, online: true, task: named.address, current: named }] },
        panickingCpu: { value: 0 },
        problems: [],
        whole: true,
        checks: [],
      },
    });
    const text = await textOf(psView(report, false));
    expect(text).not.toMatch(/[^\n\P{Cc}]/u);
    expect(text).toContain('\\x1b[31mred\\x07\\x0a');
  });

  test('escapes command lines', async () => {
    const one = details(task(7));
    const args = { text: 'sh -c \x1b[31mred\x07\n\x9b2J' };
    const report = reportOf([one], { listed: [listed(one, args)] });
    const text = await textOf(psView(report, false), { columns: 200, isTerminal: true });
    expect(text).not.toMatch(/[^\n\P{Cc}]/u);
    expect(text).toContain('sh -c \\x1b[31mred\\x07\\x0a\\x9b2J');
  });

  test.each([40, 80, 100, 200])('fits %d columns with command lines of any length', async (columns) => {
    const long = `/usr/bin/java -cp ${'a/b.jar:'.repeat(50)} Main`;
    const all = [details(task(7)), details(task(4321))];
    const report = reportOf(all, { listed: all.map((one) => listed(one, { text: long })) });
    const lines = (await textOf(psView(report, false), { columns })).trimEnd().split('\n');
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    // The last two are the rows: what is too long is cut at the edge, not wrapped.
    expect(lines.slice(-2).map((line) => line.length)).toEqual([columns, columns]);
    expect(await textOf(psView(report, false))).toContain(long);
  });

  test('fits 80 columns, whatever the sizes are', async () => {
    const pages = { file: 2 ** 31, anon: 2 ** 38, swap: 2 ** 31, shmem: 1023 * 256 };
    const memory = { value: { ...USE, pages, pageTables: 1023 * 1024 } };
    const big = task(4_194_303, { cpu: 8191, comm: 'fifteen-letters' });
    const report = reportOf([details(big, memory)]);
    for (const threads of [false, true]) {
      const lines = (await textOf(psView(report, threads))).split('\n');
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
      expect(lines.join('\n')).toContain('fifteen-letters');
    }
  });
});
