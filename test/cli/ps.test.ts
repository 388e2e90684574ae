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

describe('ps', () => {
  it.each([
    [['--state', 'Q'], /R \(running\), S \(sleeping\), D \(disk sleep\)/],
    [['--state', ''], /One or more of these letters are needed/],
    [['--state', 'd'], /One or more of these letters are needed/],
    [['--user', '--kernel'], /cannot be used/],
    [['--top', 'none'], /A number of 1 or more is needed, or all/],
    [['--sort', 'name'], /pid, rss, swap/],
  ])('%j is wrong usage', async (options, message) => {
    const { status, stdout, stderr } = await runMain(['ps', DUMP, ...options]);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
