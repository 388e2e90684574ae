import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CgroupRow } from '../src/report/usage-cgroups.ts';
import type { UsageReport } from '../src/report/usage-report.ts';
import { CGROUPS, OWN_MAPS } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

/** What the guest read just before it was stopped: bytes of memory.current and memory.stat, and processes. */
interface Guest {
  readonly cgroups: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly removed: { readonly path: string; readonly shmem: number };
}

const guest = JSON.parse(
  readFileSync(new URL(`../fixtures/${CGROUPS.name}.json`, import.meta.url), 'utf8'),
) as Guest;

async function report(...options: string[]): Promise<UsageReport> {
  const command = ['usage', CGROUPS.path, '--by', 'cgroup', '--json', ...options];
  const { status, stdout, stderr } = await runMain(command);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const document = JSON.parse(stdout) as UsageReport;
  expect(violations('usage', document)).toEqual([]);
  return document;
}

/** The same figures as memory.stat has them. Its file includes shmem. */
function asGuest({ current, percpu, sock, processes, total }: CgroupRow) {
  if (total.bytes === null) throw new Error('the figures are not known');
  const { anon, file, shmem, swapCache, slab, pageTables, kernelStacks } = total;
  return {
    ...(current !== null && { current }),
    ...{ anon, file: file + shmem + swapCache, shmem, slab, pagetables: pageTables },
    ...{ kernel_stack: kernelStacks, percpu, sock, procs: processes },
  };
}

describe('the cgroups of a guest', () => {
  let whole: UsageReport;
  const rows = () => new Map((whole.cgroups?.largest ?? []).map((row) => [row.path, row]));

  beforeAll(async () => {
    whole = await report();
  }, 120_000);

  it('are listed by name, if that is asked for', async () => {
    const { cgroups } = await report('--sort', 'name');
    const paths = (cgroups?.largest ?? []).map(({ path }) => path);
    expect(paths).toEqual([...rows().keys()].sort());
    expect(paths).not.toEqual([...rows().keys()]);
  });

  it('have what memory.current, memory.stat and cgroup.procs said, to the byte', () => {
    const paths = Object.keys(guest.cgroups);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) {
      const row = rows().get(path);
      expect(row && asGuest(row), path).toEqual(guest.cgroups[path]);
    }
  });

  it('are all there, and one that was removed while files that it wrote remain', () => {
    const { cgroups } = whole;
    expect(cgroups).toMatchObject({ controller: 'v2', removed: 1, countExact: true });
    expect(cgroups?.count).toBe(Object.keys(guest.cgroups).length + 2); // the root, and the removed one
    const removed = rows().get(guest.removed.path);
    expect(removed).toMatchObject({ removed: true, processes: 0, own: { shmem: guest.removed.shmem } });
  });

  it('explain each counter of the kernel', () => {
    const checks = whole.checks.filter(({ cgroup }) => cgroup !== undefined);
    const names = ['memory.current', 'anon', 'file', 'shmem', 'slab', 'pagetables', 'kernel_stack'];
    expect(checks.map(({ name, cgroup }) => [name, cgroup])).toEqual(names.map((name) => [name, '/']));
    expect(checks.filter(({ verdict }) => verdict === 'contradicted')).toEqual([]);
    expect(whole).toMatchObject({ complete: true, consistent: true, warnings: [] });
  });

  it('are the same with any number of threads, and the largest come first', async () => {
    const [two, all] = [await report('--jobs', '3', '--top', '2'), whole.cgroups?.largest ?? []];
    expect(two.cgroups?.largest).toEqual(all.slice(0, 2));
    const sizes = all.map(({ total }) => total.bytes ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it('are a table with escaped names', async () => {
    const { stdout } = await runMain(['usage', CGROUPS.path, '--by', 'cgroup']);
    expect(stdout).toMatch(/^7 cgroups \(v2, 1 removed\)/m);
    expect(stdout).toContain('/odd\\x1b[1mname');
    expect(stdout).toMatch(/ \/gone \(removed\)$/m);
    expect(stdout).toMatch(/^7 of 7 kernel counters explained/m);
  });
});

it('shows the largest cgroups in the overview, by their own counters', async () => {
  const { stdout } = await runMain(['usage', CGROUPS.path, '--json', '--top', '3']);
  const document = JSON.parse(stdout) as UsageReport;
  expect(violations('usage', document)).toEqual([]);
  const shown = document.cgroupCharges?.largest ?? [];
  const largest = Object.entries(guest.cgroups)
    .map(([path, { current }]) => ({ path, current: current as number }))
    .sort((a, b) => b.current - a.current)
    .slice(0, 3);
  expect(shown.map(({ path, current }) => ({ path, current }))).toEqual(largest);
  expect(document).toMatchObject({ cgroupCharges: { count: Object.keys(guest.cgroups).length + 2 } });
  const text = await runMain(['usage', CGROUPS.path, '--top', '3']);
  expect(text.stdout).toMatch(/^The 3 largest of 6 cgroups by their own counters/m);
}, 120_000);

it('says of a kernel without the memory controller that it has none', async () => {
  const { status, stdout } = await runMain(['usage', OWN_MAPS.path, '--by', 'cgroup', '--json']);
  const { cgroups } = JSON.parse(stdout) as UsageReport;
  expect(status).toBe(0);
  expect(cgroups).toMatchObject({ controller: 'notBuilt', count: 0, countExact: true, largest: [] });
  const { stdout: text } = await runMain(['usage', OWN_MAPS.path, '--by', 'cgroup']);
  expect(text).toMatch(/No memory is charged to cgroups: this kernel has no memory controller/);
}, 120_000);
