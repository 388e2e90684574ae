import { expect, it } from 'vitest';
import type { CrashedGuest } from './machine.ts';
import { nameInProc, parseCommands, parseStats, ticks, withoutWork } from './proc-stat.ts';
import { type ProcStatus, parseStatus } from './proc-status.ts';
import { inspect } from './reports.ts';

/**
 * The PIDs of processes that are there both times and still there later: not those that wait for one that has
 * come meanwhile, as the shell waits that asks the questions.
 */
function lastingOf(
  early: ReadonlyMap<number, ProcStatus> = new Map(),
  late: ReadonlyMap<number, ProcStatus> = new Map(),
): number[] {
  const waiting = new Set<number>();
  for (const { pid, ppid, memory } of late.values()) {
    if (memory === null || early.has(pid)) continue;
    for (let at = ppid; at > 1; at = late.get(at)?.ppid ?? 0) waiting.add(at);
  }
  const lasts = ({ pid, memory }: ProcStatus) => memory !== null && early.has(pid) && !waiting.has(pid);
  return [...late.values()].filter(lasts).map(({ pid }) => pid);
}

/** Compares `ps` and `info` on the saved memory with /proc shortly before the crash. */
export function testCrashedTasks(guest: () => CrashedGuest): void {
  it('has the processes that were there before the crash, and no others', () => {
    const { tasks, complete, warnings } = inspect('ps', guest().vmcore);
    const { answers } = guest();
    const [early, late] = [answers.text('statusBefore'), answers.text('statusAfter')].map(parseStatus);
    const lasting = lastingOf(early, late);
    expect(lasting).toContain(1);
    expect(tasks.filter(({ memory }) => memory !== null).map(({ pid }) => pid)).toEqual(lasting);
    expect({ complete, warnings }).toEqual({ complete: true, warnings: [] });
  });

  it('has the names, starts and arguments that they had before the crash', () => {
    const { tasks } = inspect('ps', guest().vmcore);
    const { answers } = guest();
    const args = parseCommands(answers.text('commands'));
    const stats = parseStats(answers.text('statsAfter'));
    const lasting = tasks.filter(({ pid }) => args.has(pid) && stats.has(pid));
    expect(lasting.length).toBeGreaterThan(20);
    for (const task of lasting) {
      const { name = '', start } = stats.get(task.pid) ?? {};
      // What a worker works on may be something else by now.
      const [own, inProc] = [withoutWork(nameInProc(task, name)), withoutWork(name)];
      expect([task.pid, own, ticks(task), task.args ?? '']).toEqual([
        task.pid,
        inProc,
        start,
        args.get(task.pid),
      ]);
    }
  });

  it('has the panic of the first process, which wrote to sysrq-trigger', () => {
    const { tasks, cpus } = inspect('ps', guest().vmcore);
    expect(cpus).toMatchObject([{ cpu: 0, panicking: true, pid: 1, comm: 'init', idle: false }]);
    expect(tasks.filter(({ panicking }) => panicking).map(({ pid }) => pid)).toEqual([1]);
    expect(inspect('info', guest().vmcore).crash).toMatchObject({
      reason: 'Kernel panic - not syncing: sysrq triggered crash',
      cpu: 0,
      task: { pid: 1, tgid: 1, comm: 'init' },
    });
  });

  it('has clocks that agree with the time of the crash, and everything else', () => {
    const { clock, crash, uptime, unavailable, complete } = inspect('info', guest().vmcore);
    expect(Math.abs((clock ?? 0) - (crash.time ?? 0))).toBeLessThanOrEqual(1);
    expect(uptime).toBeGreaterThan(Number(guest().answers.text('uptimeAfter').split(' ')[0]));
    expect(Object.keys(unavailable)).toEqual(['dump.level']);
    expect(complete).toBe(true);
  });
}
