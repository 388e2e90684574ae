import { expect, it } from 'vitest';
import type { CgroupRow } from '../../src/report/usage-cgroups.ts';
import type { UsageReport } from '../../src/report/usage-report.ts';
import type { Answers } from './answers.ts';
import type { cgroupQuestions } from './cgroup-questions.ts';
import { batchedCgroupCounters } from './kernel-release.ts';
import type { Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { inspect, readReport } from './reports.ts';

type CgroupAnswers = Answers<keyof typeof cgroupQuestions>;

type Figures = Readonly<Record<string, number>>;

/** By path. */
function parseCgroups(text: string): Map<string, Figures> {
  const parts = text.split(/^CGROUP /m).slice(1);
  return new Map(
    parts.map((part) => {
      const [path = '', ...lines] = part.trimEnd().split('\n');
      return [path, Object.fromEntries(lines.map((line) => line.split(' ')).map(([k, v]) => [k, Number(v)]))];
    }),
  );
}

/** The figures of a cgroup by the names of memory.stat; file includes shmem there. */
function figuresOf({ total, current, processes }: CgroupRow): Figures {
  if (total.bytes === null) throw new Error('the figures of the cgroup are not known');
  const { anon, file, shmem, swapCache, slab, pageTables, kernelStacks } = total;
  return {
    ...{ current: current ?? Number.NaN, procs: processes ?? Number.NaN },
    ...{ anon, file: file + shmem + swapCache, shmem, slab, pagetables: pageTables },
    kernel_stack: kernelStacks,
  };
}

/** v1 has other names for the sums with those below, and none for kernel memory. */
const NAMES_OF_V1: Readonly<Record<string, string>> = {
  anon: 'total_rss',
  file: 'total_cache',
  shmem: 'total_shmem',
};

/** What every test of the guest's cgroups needs. */
interface Compared {
  readonly kernel: Kernel;
  readonly report: UsageReport;
  readonly guest: ReadonlyMap<string, Figures>;
}

/** Each figure must be what the guest said, to the byte, except for what memory.stat itself lacks. */
function compareFigures({ kernel, report, guest }: Compared): void {
  const rows = new Map(report.cgroups?.largest.map((row) => [row.path, row]));
  const paths = [...guest.keys()].sort();
  expect(paths).toEqual(['/batch', '/batch/files', '/batch/names', '/idle', '/web']);
  for (const [path, said] of guest) {
    const row = rows.get(path);
    if (row === undefined) throw new Error(`cgroup ${path} is not in the report`);
    const below = paths.filter((other) => other.startsWith(`${path}/`)).length;
    for (const [name, value] of Object.entries(figuresOf(row))) {
      const expected = said[report.cgroups?.controller === 'v1' ? (NAMES_OF_V1[name] ?? name) : name];
      const off = expected === undefined ? 0 : Math.abs(value - expected);
      expect(off, `${path} ${name} ${value} ${expected}`).toBeLessThanOrEqual(
        lackOf(name, 1 + below, kernel),
      );
    }
  }
}

/**
 * Bytes that memory.stat itself lacks, because CPUs have yet to count them. Of slab objects that is a page for each of
 * two counters (memcg_stock_pcp.nr_slab_reclaimable_b, mod_objcg_state). To 5.12 it is of every counter up to a batch
 * of 32 pages (MEMCG_CHARGE_BATCH) of each of so many cgroups, too.
 */
function lackOf(name: string, cgroups: number, kernel: Kernel): number {
  if (name === 'current' || name === 'procs') return 0;
  const counters = name === 'slab' ? 2 : 1;
  const held = name === 'slab' ? 4096 * counters : 0;
  return held + (batchedCgroupCounters(kernel) ? 32 * 4096 * cgroups * counters : 0);
}

/** The memory of the guest that it was meant to have, so that equal figures are not all 0. */
function hasEachKind({ report, guest }: Compared): void {
  const of = (path: string) => report.cgroups?.largest.find((row) => row.path === path)?.total;
  expect(of('/web')?.anon).toBeGreaterThan(4_000_000);
  expect(of('/batch/files')).toMatchObject({ file: expect.any(Number), shmem: 20 << 16 });
  expect(of('/batch/files')?.file).toBeGreaterThanOrEqual(32 << 16);
  expect(of('/batch/names')?.slab).toBeGreaterThan(500 * 500);
  // The stack of the first of five processes was made before it went into the cgroup.
  expect(of('/batch/names')?.kernelStacks).toBe(4 * 4 * 4096);
  expect(of('/batch/names')?.pageTables).toBeGreaterThan(0);
  expect(guest.get('/batch/names')?.procs).toBe(5);
  expect(of('/idle')?.anon).toBe(0);
}

/** Each of the kernel's own figures is explained: in a dump to the byte. */
function explainsAll({ report }: Compared, verdicts: readonly string[]): void {
  const checks = report.checks.filter(({ cgroup }) => cgroup !== undefined);
  expect(checks.length).toBeGreaterThanOrEqual(6);
  expect(checks.filter(({ verdict }) => !verdicts.includes(verdict))).toEqual([]);
  expect(report.cgroups).toMatchObject({ countExact: true, unlisted: { bytes: 0 } });
}

/** Compares the cgroups of a running kernel with what it says of them itself. */
export function testLiveCgroups(kernel: Kernel, controller: 'v1' | 'v2', answers: () => CgroupAnswers): void {
  it(`has the figures of cgroups that the kernel has (${controller}), and explains each`, () => {
    const said = ['cgroupsBefore', 'cgroupsAfter'] as const;
    const [before, after] = said.map((name) => parseCgroups(answers().text(name)));
    expect(after).toEqual(before);
    const report = readReport('usage', answers().text('cgroupUsage'));
    expect(report.cgroups?.controller).toBe(controller);
    const compared = { kernel, report, guest: after ?? new Map<string, Figures>() };
    compareFigures(compared);
    hasEachKind(compared);
    explainsAll(compared, ['equal', 'explained', 'moving']);
  });
}

/** The same on the memory that it left. */
export function testCrashedCgroups(kernel: Kernel, guest: () => CrashedGuest): void {
  it('has the cgroups of the guest as it last saw them, and explains each byte', () => {
    const report = inspect('usage', guest().vmcore, '--by', 'cgroup', '--top', 'all');
    const compared = { kernel, report, guest: parseCgroups(guest().answers.text('cgroupsAfter')) };
    compareFigures(compared);
    hasEachKind(compared);
    explainsAll(compared, ['equal', 'explained']);
    const removed = report.cgroups?.largest.filter((row) => row.removed) ?? [];
    for (const { path } of removed) expect(path).toBe('/gone');
    expect(report).toMatchObject({ complete: true, consistent: true });
  });
}

/** A kernel without the memory controller (CONFIG_MEMCG=n). */
export function testNoCgroups(guest: () => CrashedGuest): void {
  it('says that it has no cgroups that memory is charged to', () => {
    const { cgroups } = inspect('usage', guest().vmcore, '--by', 'cgroup');
    expect(cgroups).toMatchObject({ controller: 'notBuilt', count: 0, countExact: true, largest: [] });
  });
}
