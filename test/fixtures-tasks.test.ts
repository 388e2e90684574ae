import { describe, expect, it } from 'vitest';
import type { InfoReport } from '../src/report/info-report.ts';
import type { PsReport } from '../src/report/ps-report.ts';
import { dumpOf, expectedOf } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

/** What the crashed kernels printed, and what was known about their machines before they started. */
const GUESTS = [
  {
    name: 'linux-5.10',
    version: '#1 SMP Debian 5.10.223-1 (2024-08-10)',
    /** The time before "sysrq: Trigger a crash" on the serial line, in seconds. */
    crashedAt: 11.249384,
    modules: ['qemu_fw_cfg', 'virtio', 'virtio_blk', 'virtio_pci', 'virtio_ring'],
  },
  {
    name: 'linux-7.3-5level',
    version: '#1 SMP PREEMPT_DYNAMIC Debian 7.3.4-1~bpo13+1 (2026-11-15)',
    crashedAt: 15.070654,
    modules: ['qemu_fw_cfg', 'virtio_blk'],
  },
] as const;

const COMMAND_LINE =
  'console=ttyS0 panic=-1 lab_live=1 lab_anon=16 lab_huge=4 lab_poison=0 lab_kdump=1 crashkernel=128M ';
const MIB = 1 << 20;
const PAGE = 4096;
/** A tick, at 250 per second, plus the time that printing the crash takes. */
const CLOCK_SLACK = 0.1;

async function json<T>(command: string, name: string, ...options: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await runMain([command, dumpOf(name), ...options, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout) as T;
  expect(violations(command, document)).toEqual([]);
  return document;
}

describe.each(GUESTS)('the tasks of $name', async ({ name }) => {
  const report = await json<PsReport>('ps', name);
  const taskOf = (comm: string) => report.tasks.find((task) => task.comm === comm);

  it('are two processes, and the threads that every kernel has', () => {
    const total = report.tasks.length;
    expect(report.counts).toMatchObject({ total, processes: 2, kernelThreads: total - 2 });
    const names = report.tasks.filter((task) => task.kernelThread).map(({ comm }) => comm);
    expect(names).toEqual(
      expect.arrayContaining(['kthreadd', 'ksoftirqd/0', 'kswapd0', 'khugepaged', 'oom_reaper']),
    );
    expect(report.complete).toBe(true);
  });

  it('descend from init and kthreadd, which have no parents', () => {
    expect(taskOf('init')).toMatchObject({ pid: 1, tgid: 1, ppid: 0, uid: 0, euid: 0, kernelThread: false });
    expect(taskOf('kthreadd')).toMatchObject({ pid: 2, ppid: 0, kernelThread: true, memory: null });
    expect(taskOf('workload')).toMatchObject({ ppid: 1, threads: 1, kernelThread: false });
    const parents = report.tasks
      .filter((task) => task.kernelThread && task.pid !== 2)
      .map(({ ppid }) => ppid);
    expect(new Set(parents)).toEqual(new Set([2]));
  });

  it('include the panicking task, as the panic printed it: CPU 0, PID 1, init', () => {
    expect(report.cpus).toEqual([
      { cpu: 0, online: true, panicking: true, pid: 1, comm: 'init', idle: false },
    ]);
    const marked = report.tasks.filter(({ panicking }) => panicking);
    expect(marked.map(({ pid, state, running, cpu }) => [pid, state, running, cpu])).toEqual([
      [1, 'R', true, 0],
    ]);
    expect(taskOf('workload')).toMatchObject({ state: 'S', stateName: 'sleeping', running: false });
  });

  it('count the memory that the workload took: 32 MiB anonymous, including 8 MiB huge, and 4 MiB shared', () => {
    const memory = taskOf('workload')?.memory;
    expect(memory?.rss.anon).toBeGreaterThanOrEqual(32 * MIB);
    expect(memory?.rss.anon).toBeLessThan(33 * MIB);
    expect(memory?.rss.shmem).toBeGreaterThanOrEqual(4 * MIB);
    expect(memory?.rss.total).toBe(
      (memory?.rss.anon ?? 0) + (memory?.rss.file ?? 0) + (memory?.rss.shmem ?? 0),
    );
    expect(memory?.swap).toBe(0);
    expect(memory?.pageTables).toBeGreaterThan(0);
  });
});

describe('anonymous memory', () => {
  it("makes up, with the hugetlb pages, all of makedumpfile's user pages", async () => {
    const { tasks } = await json<PsReport>('ps', 'linux-5.10');
    const anon = tasks.reduce((sum, { memory }) => sum + (memory?.rss.anon ?? 0), 0);
    const hugetlb = 4 * 2 * MIB;
    expect((anon + hugetlb) / PAGE).toBe(expectedOf('linux-5.10').makedumpfile.user);
  });
});

describe.each(GUESTS)('the system of $name', async ({ name, version, crashedAt, modules }) => {
  const report = await json<InfoReport>('info', name);
  const expected = expectedOf(name);

  it('is the one that was booted', () => {
    expect(report.kernel).toMatchObject({ release: expected.kernel, version, machine: 'x86_64' });
    expect(report.host).toEqual({ name: '(none)', domain: '(none)' });
    expect(report.commandLine).toBe(COMMAND_LINE);
    expect([...(report.modules ?? [])].sort()).toEqual(expect.arrayContaining([...modules]));
    expect(report.cpus).toEqual({ possible: 1, online: 1 });
    expect(report.cpuModel).toContain('QEMU');
  });

  it('panicked as the serial line shows', () => {
    const { reason, cause, cpu, task } = report.crash;
    expect({ reason, cause, cpu }).toEqual({
      reason: 'Kernel panic - not syncing: sysrq triggered crash',
      cause: null,
      cpu: 0,
    });
    expect(task).toEqual({ pid: 1, tgid: 1, comm: 'init' });
    expect(report.taint).toEqual({ mask: '0x0', flags: [] });
  });

  it('has clocks that stopped with the crash', () => {
    const { crash, clock, uptime } = report;
    expect(Math.abs((clock ?? 0) - (crash.time ?? 0))).toBeLessThanOrEqual(1);
    expect(Math.abs((uptime ?? 0) - crashedAt)).toBeLessThan(CLOCK_SLACK);
  });

  it('has less memory than its RAM, no swap, and the layout of its page tables', () => {
    const { memory, swap, layout } = report;
    // 384 MiB, of which 128 MiB belong to the crash kernel.
    expect(memory?.total).toBeLessThan(256 * MIB);
    expect(memory?.total).toBeGreaterThan(192 * MIB);
    expect(memory?.free).toBeLessThan(memory?.total ?? 0);
    // The counter lacks what CPUs have not yet added to it: up to 125 pages in each of three zones
    // (stat_threshold).
    expect(Math.abs((memory?.free ?? 0) / PAGE - expected.makedumpfile.free)).toBeLessThanOrEqual(3 * 125);
    expect(swap).toEqual({ total: 0, free: 0 });
    expect(layout).toEqual({
      pagingLevels: expected.pagingLevels,
      kernelOffset: expected.kernelOffset,
      pageOffset: expected.pageOffset,
    });
  });

  it('lacks only what its format does not note', () => {
    expect(Object.keys(report.unavailable)).toEqual(['dump.level']);
    expect(report.complete).toBe(true);
  });

  it('fits one screen of 80 by 30', async () => {
    const { stdout } = await runMain(['info', dumpOf(name)], { COLUMNS: '80' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    // A command to be copied is never broken.
    expect(
      lines.filter((line) => line.length > 80 && !line.startsWith('              kdump-inspect ')),
    ).toEqual([]);
    expect(stdout).toContain('Kernel panic - not syncing: sysrq triggered crash');
  });
});

describe('the text list', async () => {
  const { stdout } = await runMain(['ps', dumpOf('linux-7.3-5level')], { COLUMNS: '80' });

  it('marks the panicking task, puts kernel threads in brackets, and fits 80 columns', () => {
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('!')).map((line) => line.split(/ +/)[1])).toEqual(['1']);
    expect(stdout).toMatch(/^ +2 +0 S .* \[kthreadd\]$/m);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('is sorted and cut as asked', async () => {
    const { stdout: sorted } = await runMain([
      'ps',
      dumpOf('linux-7.3-5level'),
      '--sort',
      'rss',
      '--top',
      '2',
    ]);
    expect(
      sorted
        .trimEnd()
        .split('\n')
        .slice(-2)
        .map((line) =>
          line
            .replace(/ \.\.\.$/, '')
            .split(' ')
            .at(-1),
        ),
    ).toEqual(['workload', 'init']);
    expect((await runMain(['ps', dumpOf('linux-7.3-5level'), '--sort', 'name'])).status).toBe(2);
    expect((await runMain(['ps', dumpOf('linux-7.3-5level'), '--top', '0'])).status).toBe(2);
  });
});
