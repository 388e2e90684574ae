import { beforeAll, describe, expect, it } from 'vitest';
import type { CounterRow, UsageReport } from '../src/report/usage-report.ts';
import type { FileRow, ProcessRow, SlabRow } from '../src/report/usage-rows.ts';
import { dumpOf, expectedOf } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

/** What the guests had when they crashed: files of 64 x 64 KiB, and a program with memory of each kind. */
const GUEST = {
  filePages: 1024,
  /** 16 and 8 MiB of small pages, 8 MiB of huge pages. */
  anonymousPages: 8192,
  sharedPages: 1024,
  hugePages: 4,
};

async function usageOf(name: string, ...options: string[]): Promise<UsageReport> {
  const { status, stdout, stderr } = await runMain(['usage', dumpOf(name), '--json', ...options]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const report = JSON.parse(stdout) as UsageReport;
  expect(violations('usage', report)).toEqual([]);
  return report;
}

describe.each(['linux-5.10', 'linux-7.3-5level'])('the uses of memory in %s', (name) => {
  const expected = expectedOf(name);
  let report: UsageReport;
  const pagesOf = (...types: string[]) =>
    report.types.reduce((sum, row) => sum + (types.includes(row.type) ? (row.pages ?? Number.NaN) : 0), 0);
  const counter = (start: string) => report.counters.find((row) => row.name.startsWith(start)) as CounterRow;
  const files = () => report.files?.largest ?? [];

  beforeAll(async () => {
    report = await usageOf(name, '--top', '100000');
  });

  it('include each page once', () => {
    expect(report.total.pages).toBe(expected.distinctPagesInLoads);
    expect(report.types.reduce((sum, row) => sum + (row.pages ?? 0), 0)).toBe(report.total.pages);
    expect(report).toMatchObject({ complete: true, warnings: [] });
  });

  it('are as makedumpfile counts them, where it counts the same things', () => {
    const { nonPrivateCache, privateCache, user, free } = expected.makedumpfile;
    expect(pagesOf('fileCache', 'shmem', 'swapCache')).toBe(nonPrivateCache + privateCache);
    expect(pagesOf('anonymous', 'hugetlb')).toBe(user);
    expect(pagesOf('free')).toBe(free);
  });

  it("add up to the kernel's own counters", () => {
    const exact = [
      'NR_FILE_PAGES',
      'NR_SHMEM',
      'nr_huge_pages',
      'NR_PAGETABLE',
      'NR_FREE_PAGES',
      '_totalram_pages',
    ];
    for (const start of exact) expect(counter(start), start).toMatchObject({ difference: 0 });
    expect(counter(name === 'linux-5.10' ? 'nr_vmalloc_pages' : 'NR_VMALLOC').difference).toBe(0);
    expect(report.counters.map((row) => row.difference)).toEqual(
      report.counters.map((row) => row.counted - row.pages),
    );
  });

  it('explain what the counters lack: stacks kept for new tasks, pages unmapped at the moment', () => {
    const stacks = counter('NR_KERNEL_STACK_KB').difference;
    // Two for the only CPU, four pages each.
    expect([0, 4, 8]).toContain(stacks);
    expect(counter('NR_ANON_MAPPED').difference).toBeGreaterThanOrEqual(0);
    const large = report.types.find(({ type }) => type === 'largeKmalloc')?.pages ?? 0;
    const slab = counter('NR_SLAB_RECLAIMABLE_B');
    expect(large).toBeGreaterThan(0);
    expect(pagesOf('slab') + large).toBe(slab.pages);
  });

  it('are slab caches, and the scan finds all their slabs', () => {
    const slabs = report.slabs;
    expect(slabs?.unlisted.pages).toBe(0);
    expect(slabs?.largest).toHaveLength(slabs?.caches ?? 0);
    for (const { name: cache, pages, slabs: count, pagesPerSlab } of slabs?.largest ?? [])
      expect(pages, cache).toBe((count ?? Number.NaN) * pagesPerSlab);
    expect(slabs?.largest.reduce((sum, cache) => sum + (cache.pages ?? Number.NaN), 0)).toBe(pagesOf('slab'));
  });

  it('are caches that every kernel has, with objects of the size of their types', async () => {
    const sizeOf = async (type: string) =>
      (
        JSON.parse((await runMain(['struct', dumpOf(name), type, '--json'])).stdout) as {
          type: { size: number };
        }
      ).type.size;
    const caches = new Map(report.slabs?.largest.map((cache) => [cache.name, cache]));
    expect(caches.get('dentry')?.objectSize).toBe(await sizeOf('dentry'));
    expect(caches.get('inode_cache')?.objectSize).toBe(await sizeOf('inode'));
    for (const cache of caches.values()) {
      expect(cache.active ?? -1, cache.name).toBeGreaterThanOrEqual(0);
      expect(cache.objects ?? -1, cache.name).toBeGreaterThanOrEqual(cache.active ?? 0);
      expect(cache.objects, cache.name).toBeLessThanOrEqual((cache.slabs ?? 0) * cache.objectsPerSlab);
    }
  });

  it('are the files of the guest, each of them complete', () => {
    const byPath = new Map(files().map((file) => [file.path, file]));
    const tmpfs = { fileSystem: expect.objectContaining({ type: 'tmpfs' }) as unknown, names: 'initial' };
    expect(byPath.get('/mnt/random')).toMatchObject({ pages: GUEST.filePages, deleted: false, ...tmpfs });
    expect(byPath.get('/mnt/zeros')).toMatchObject({ pages: GUEST.filePages, deleted: false, ...tmpfs });
    expect(byPath.get('/dev/zero')).toMatchObject({
      pages: GUEST.sharedPages,
      deleted: true,
      names: 'fileSystem',
    });
    expect(byPath.get('/boot/vmlinuz')?.fileSystem?.type).toBe('rootfs');
    expect(report.files).toMatchObject({ count: files().length, countExact: true, leftOutUpTo: 0 });
    expect(files().reduce((sum, file) => sum + (file.pages ?? Number.NaN), 0)).toBe(
      pagesOf('fileCache', 'shmem'),
    );
    for (const { path, pages, nrpages, size } of files()) {
      expect(nrpages, path ?? '').toBe(pages);
      expect(Math.ceil(Number(size) / 4096), path ?? '').toBe(pages);
    }
  });

  it('have nothing to write back, in a guest without a disk', () => {
    expect(files().map((file) => file.dirty)).toEqual(files().map(() => 0));
  });

  it('are the processes of the guest', () => {
    const processes = report.processes?.largest ?? [];
    expect(processes.map((process) => process.name)).toEqual(['workload', 'init']);
    const anonymous = processes.reduce((sum, process) => sum + (process.anon ?? Number.NaN), 0);
    expect(anonymous).toBe(counter('NR_ANON_MAPPED').pages);
    expect(processes[0]?.anon).toBeGreaterThanOrEqual(GUEST.anonymousPages);
    expect(processes[0]?.shmem).toBeGreaterThanOrEqual(GUEST.sharedPages);
    expect(processes[1]?.pid).toBe(1);
  });

  it('are the pools of huge pages, all in use', () => {
    const [used] = report.hugetlb?.filter(({ total }) => total !== 0) ?? [];
    expect(used).toEqual({ size: 2 << 20, total: GUEST.hugePages, free: 0, reserved: 0, surplus: 0 });
  });

  it('are the modules that the guest loaded, and callers of vmalloc by name', () => {
    expect(report.modules?.largest.map((module) => module.name)).toContain('virtio_blk');
    const callers = report.vmalloc?.largest ?? [];
    expect(callers.find(({ kind }) => kind === 'stack')?.caller).toMatch(
      /^kernel_clone\+0x[0-9a-f]+\/0x[0-9a-f]+$/,
    );
    expect(callers.some(({ caller }) => caller.startsWith('pcpu_create_chunk+'))).toBe(true);
  });

  it.each(['slab', 'file', 'process'] as const)('are listed by %s alone, the largest first', async (by) => {
    const one = await usageOf(name, '--by', by, '--top', '3');
    const sections = { slab: one.slabs, file: one.files, process: one.processes };
    const all = { slab: report.slabs, file: report.files, process: report.processes };
    expect(sections[by]?.largest).toEqual(all[by]?.largest.slice(0, 3));
    expect(Object.values(sections).filter((section) => section !== undefined)).toHaveLength(1);
    expect(one.vmalloc).toBeUndefined();
  });

  it.each([
    ['slab', 'name', (cache: SlabRow) => cache.name],
    ['slab', 'objects', (cache: SlabRow) => -(cache.objects ?? -1)],
    ['slab', 'active', (cache: SlabRow) => -(cache.active ?? cache.activeRange?.atMost ?? -1)],
    ['file', 'name', (file: FileRow) => file.path ?? '\uffff'],
    ['process', 'name', (process: ProcessRow) => process.name],
  ] as const)('are listed by %s in the order of %s', async (by, sort, key) => {
    const ranks = (list: readonly unknown[]) =>
      list.map((one) => (key as (row: unknown) => string | number)(one));
    const all = { slab: report.slabs, file: report.files, process: report.processes }[by]?.largest ?? [];
    const expected = ranks(all).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const one = await usageOf(name, '--by', by, '--sort', sort, '--top', 'all');
    const found = { slab: one.slabs, file: one.files, process: one.processes }[by]?.largest ?? [];
    expect(one.sort).toBe(sort);
    expect(ranks(found)).toEqual(expected);
    expect(new Set(found.map((row) => JSON.stringify(row)))).toEqual(
      new Set(all.map((row) => JSON.stringify(row))),
    );
  });

  it('says how large a file can be that another order than by size leaves out', async () => {
    const { files } = await usageOf(name, '--by', 'file', '--sort', 'name', '--top', '2');
    const listed = new Set(files?.largest.map(({ mapping }) => mapping));
    const others = report.files?.largest.filter(({ mapping }) => !listed.has(mapping)) ?? [];
    expect(files?.leftOutUpTo).toBe(others.reduce((most, { pages }) => Math.max(most, pages ?? 0), 0));
    const { stdout } = await runMain(['usage', dumpOf(name), '--by', 'file', '--sort', 'name', '--top', '2']);
    expect(stdout).toMatch(/^2 of \d+ files in memory, by name:$/m);
  });

  it('are a text report, too', async () => {
    const { status, stdout, stderr } = await runMain(['usage', dumpOf(name)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^shmem +\d+ .* tmpfs and shared memory$/m);
    expect(stdout).toMatch(/^(\d+) of \1 kernel counters explained: \d+ equal.* \(see --check\)$/m);
    expect(stdout).toMatch(/^The 5 largest of \d+ slab caches:$/m);
    expect(stdout).toMatch(/^ *1024 +4 MiB +0 +tmpfs +\/dev\/zero \(deleted\)$/m);
    expect(stdout).toMatch(/^ *2 MiB +4 +0 +0 +0$/m);
  });

  it("are compared with each of the kernel's counters in the text of --check", async () => {
    const { stdout } = await runMain(['usage', dumpOf(name), '--check']);
    expect(stdout).toContain(`NR_FREE_PAGES ${expected.makedumpfile.free}: the same\n`);
    const compared = report.checks.map(
      ({ kernel, unit }) => ` ${kernel}${unit === 'pages' ? '' : ` ${unit}`}: `,
    );
    for (const figure of compared) expect(stdout).toContain(figure);
  });
});
