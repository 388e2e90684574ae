import { expect, it } from 'vitest';
import type { TaskRow } from '../../src/report/task-row.ts';
import type { Answers } from './answers.ts';
import { pagesInMeminfo } from './guest-facts.ts';
import { statusHasCached } from './kernel-release.ts';
import { has, type Kernel } from './kernels.ts';
import { nameInProc, parseCommands, parseStats, ticks, withoutWork } from './proc-stat.ts';
import { type ProcStatus, parseStatus } from './proc-status.ts';
import { readReport } from './reports.ts';

const pageBytes = 4096;

/**
 * Compares `ps` and `info` on the running kernel with /proc in the same guest, read before and after them.
 */
export function testLiveTasks(kernel: Kernel, answers: () => Answers): void {
  const ps = () => readReport('ps', answers().text('ps'));
  const info = () => readReport('info', answers().text('info'));

  it('lists every process that was there before and after', () => {
    const listed = ps().tasks.map(({ pid }) => pid);
    const still = stable(answers()).map(({ pid }) => pid);
    expect(still.length).toBeGreaterThan(has(kernel, 'modules') ? 30 : 20);
    expect(listed).toEqual(expect.arrayContaining(still));
    expect(ps()).toMatchObject({ complete: true, warnings: [] });
  });

  it('says the same about each as /proc/PID/status', () => {
    const rows = new Map(ps().tasks.map((task) => [task.pid, task]));
    const still = stable(answers());
    const woken = still.filter(({ pid }) => rows.get(pid)?.state === 'R');
    for (const status of still) {
      const task = rows.get(status.pid);
      const expected = woken.includes(status) ? { ...status, state: 'R (running)' } : status;
      expect(task && asStatus(task, kernel, status.name)).toEqual(expected);
    }
    // A process that sleeps before and after may wake in between, but not all at once: there is one
    // processor.
    expect(woken.length).toBeLessThan(still.length / 4);
  });

  it('has the name, the start and the arguments of each that /proc has', () => {
    const rows = new Map(ps().tasks.map((task) => [task.pid, task]));
    const args = parseCommands(answers().text('commands'));
    const [before, after] = [
      parseStats(answers().text('statsBefore')),
      parseStats(answers().text('statsAfter')),
    ];
    const still = [...before.values()].filter(
      ({ pid, name }) => args.has(pid) && after.get(pid)?.name === name,
    );
    expect(still.length).toBeGreaterThan(has(kernel, 'modules') ? 30 : 20);
    const asInProc = (task: TaskRow | undefined, name: string) => task && nameInProc(task, name);
    for (const { pid, name, start } of still) {
      const task = rows.get(pid);
      const own = withoutWork(asInProc(task, name) ?? '');
      expect(task && [pid, own, ticks(task), task.args ?? '']).toEqual([
        ...[pid, withoutWork(name), start, args.get(pid)],
      ]);
    }
    // A worker may have worked on something else in between, but not all of them.
    const workers = still.filter(({ name }) => name !== withoutWork(name));
    const same = workers.filter(({ pid, name }) => asInProc(rows.get(pid), name) === name);
    expect(same.length).toBeGreaterThan(workers.length / 2);
    const argsOf = (name: string) => ps().tasks.find(({ comm }) => comm === name)?.args;
    expect(argsOf('workload')).toBe('workload: has what it asked for');
    expect(argsOf('init')).toMatch(/init/);
  });

  it('has the clocks, the load and the memory that /proc has', () => {
    const { uptime, memory, swap, commandLine } = info();
    const up = (name: 'uptimeBefore' | 'uptimeAfter') => Number(answers().text(name).split(' ')[0]);
    expect(uptime).toBeGreaterThanOrEqual(up('uptimeBefore') - tick);
    expect(uptime).toBeLessThanOrEqual(up('uptimeAfter'));
    expect((memory?.total ?? 0) / pageBytes).toBe(pagesInMeminfo(answers().text('meminfo'), 'MemTotal'));
    expect(swap).toEqual({ total: 0, free: 0 });
    expect(`${commandLine}\n`).toBe(answers().text('cmdline'));
  });

  it('has the taint, the modules and the name that /proc has', () => {
    const { taint, modules, kernel: of, host } = info();
    expect(Number(taint?.mask)).toBe(Number(answers().text('tainted')));
    expect(modules?.join('\n')).toBe(answers().text('modules').trim());
    expect(of.release).toBe(answers().text('release').trim());
    expect(host?.name).toBe(answers().text('hostname').trim());
    expect(info()).toMatchObject({ complete: true, warnings: [], cpus: { possible: 1, online: 1 } });
  });
}

/** The kernel's clock is as old as its last tick: 4 ms, more under emulation. Seconds. */
const tick = 0.1;

/** The processes for which /proc said the same before and after, in everything that is compared. */
function stable(answers: Answers): ProcStatus[] {
  const after = parseStatus(answers.text('statusAfter'));
  return [...parseStatus(answers.text('statusBefore')).values()].filter((status) => {
    const same = JSON.stringify(after.get(status.pid)) === JSON.stringify(status);
    return same && !status.state.startsWith('R');
  });
}

/** A row of `ps` as that kernel's /proc/PID/status would show it. */
function asStatus(task: TaskRow, kernel: Kernel, name: string): ProcStatus {
  const { pid, tgid, ppid, uid, euid, threads, memory, state, stateName } = task;
  const cached = statusHasCached(kernel) ? undefined : memory?.cached;
  const counted = (bytes: number, waiting = 0) => Math.max(0, bytes - waiting);
  return {
    ...{ pid, tgid, ppid: ppid ?? Number.NaN, uid: uid ?? Number.NaN, euid: euid ?? Number.NaN },
    threads: threads ?? Number.NaN,
    // For the kernel's own threads, /proc has the long name since 5.17, and what a worker is doing.
    name: task.kernelThread && name.startsWith(task.comm) ? name : task.comm,
    state: `${state} (${stateName})`,
    memory: memory && {
      anon: counted(memory.rss.anon, cached?.anon),
      file: counted(memory.rss.file, cached?.file),
      shmem: counted(memory.rss.shmem, cached?.shmem),
      swap: counted(memory.swap, cached?.swap),
      pageTables: memory.pageTables,
    },
  };
}
