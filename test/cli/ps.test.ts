import { describe, expect, it } from 'vitest';
import type { PsReport } from '../../src/report/ps-report.ts';
import { dumpOf } from '../support/fixture.ts';
import { runMain } from '../support/run-main.ts';

const DUMP = dumpOf('linux-6.12-numa');

async function ps(...options: readonly string[]): Promise<PsReport> {
  const { status, stdout, stderr } = await runMain(['ps', DUMP, ...options, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const pidsOf = ({ tasks }: PsReport) => tasks.map(({ pid }) => pid);

describe('the tasks that ps selects', async () => {
  const all = await ps();
  const pidsWith = (is: (task: PsReport['tasks'][number]) => boolean) =>
    pidsOf({ ...all, tasks: all.tasks.filter(is) });

  it('are processes with --user, and threads of the kernel with --kernel', async () => {
    const [user, kernel] = [pidsWith((task) => !task.kernelThread), pidsWith((task) => task.kernelThread)];
    expect([user.length, kernel.length].every((count) => count > 1)).toBe(true);
    expect(pidsOf(await ps('--user'))).toEqual(user);
    expect(pidsOf(await ps('--kernel'))).toEqual(kernel);
  });

  it.each(['R,I', 'RI', 'IR', 'R,I,'])('are in the states of --state %s', async (states) => {
    const report = await ps('--state', states);
    const expected = pidsWith(({ state }) => state === 'R' || state === 'I');
    expect(pidsOf(report)).toEqual(expected);
    expect(report).toMatchObject({ selected: expected.length, otherThreads: 0, counts: all.counts });
  });

  it('may be none', async () => {
    const report = await ps('--user', '--state', 'T');
    expect(report).toMatchObject({ selected: 0, tasks: [], complete: true });
  });

  it('are all with --top all', async () => {
    expect(await ps('--top', 'all')).toEqual(all);
    expect(await ps('--top', '3')).toEqual({ ...all, tasks: all.tasks.slice(0, 3) });
  });
});

describe('ps --tree', async () => {
  const all = await ps();
  const tree = await ps('--tree');

  it('has each task below its parent', () => {
    expect(pidsOf(tree).sort((a, b) => a - b)).toEqual(pidsOf(all));
    const above: number[] = [];
    for (const { pid, ppid, depth = -1, selected } of tree.tasks) {
      expect({ ppid, selected }).toEqual({ ppid: above[depth - 1] ?? 0, selected: true });
      above.length = depth;
      above.push(pid);
    }
    expect(tree.tasks.filter(({ depth }) => depth === 0).map(({ pid }) => pid)).toEqual([1, 2]);
    expect(tree).toMatchObject({ complete: true, selected: all.tasks.length });
  });

  it('has threads below their process', async () => {
    const { tasks } = await ps('--tree', '--threads');
    const parents = new Map(
      tasks.map(({ pid, depth }, i) => [
        pid,
        tasks.slice(0, i).findLast((one) => one.depth === (depth ?? 0) - 1)?.pid,
      ]),
    );
    const threads = (await ps('--threads')).tasks;
    expect(tasks).toHaveLength(threads.length);
    for (const { pid, tgid, ppid } of threads) expect(parents.get(pid) ?? 0).toBe(pid === tgid ? ppid : tgid);
  });

  it('has the ancestors of what was asked for, and says which these are', async () => {
    const { tasks, selected } = await ps('--tree', '--kernel', '--state', 'I');
    const asked = all.tasks.filter(({ kernelThread, state }) => kernelThread && state === 'I');
    expect(tasks.map((task) => [task.pid, task.selected])).toEqual([
      [2, false],
      ...asked.map(({ pid }) => [pid, true]),
    ]);
    expect(selected).toBe(asked.length);
  });

  it('has siblings in the order of --sort', async () => {
    const pids = pidsOf(await ps('--tree', '--sort', 'start', '--kernel'));
    const latest = all.tasks
      .filter(({ kernelThread }) => kernelThread)
      .reduce((a, b) => ((b.startTime?.sinceBoot ?? 0) > (a.startTime?.sinceBoot ?? 0) ? b : a));
    expect(pids.slice(0, 2)).toEqual([2, latest.pid]);
  });

  it('shows people the branches', async () => {
    const { stdout } = await runMain(['ps', DUMP, '--tree']);
    expect(stdout).toMatch(/ \[kthreadd\]$/m);
    expect(stdout).toMatch(/ \\_ \[ksoftirqd\/0\]$/m);
  });
});

describe('ps', () => {
  it.each([
    [['--state', 'Q'], /R \(running\), S \(sleeping\), D \(disk sleep\)/],
    [['--state', ''], /one or more of these letters are needed/],
    [['--state', 'd'], /one or more of these letters are needed/],
    [['--user', '--kernel'], /cannot be used/],
    [['--tree', '--top', '3'], /cannot be used/],
    [['--top', 'none'], /a number of 1 or more is needed, or all/],
    [['--sort', 'name'], /pid, rss, swap/],
  ])('%j is wrong usage', async (options, message) => {
    const { status, stdout, stderr } = await runMain(['ps', DUMP, ...options]);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
