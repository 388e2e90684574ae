import { expect, it } from 'vitest';
import type { UsageReport } from '../../src/report/usage-report.ts';
import type { FileRow, SlabRow } from '../../src/report/usage-rows.ts';
import type { Answers } from './answers.ts';
import { pagesInMeminfo } from './guest-facts.ts';
import { balloonPages, type Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { inspect, readReport } from './reports.ts';

/** init.sh writes files of 64 times 64 KiB. */
const filePages = 1024;

/** A cache as /proc/slabinfo has it. */
interface SlabinfoLine {
  readonly active: number;
  readonly objects: number;
  readonly slotSize: number;
  readonly objectsPerSlab: number;
  readonly pagesPerSlab: number;
  readonly slabs: number;
}

/** "name active num objsize perslab pagesperslab : tunables l b s : slabdata active_slabs num_slabs shared" */
function parseSlabinfo(text: string): Map<string, SlabinfoLine> {
  const lines = text
    .split('\n')
    .slice(2)
    .filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', ...fields] = line.split(/\s+/);
      const [active, objects, slotSize, objectsPerSlab, pagesPerSlab] = fields.map(Number);
      const numbers = { active, objects, slotSize, objectsPerSlab, pagesPerSlab, slabs: Number(fields[13]) };
      return [name, numbers as SlabinfoLine];
    }),
  );
}

const pagesOfTypes = ({ types }: UsageReport, ...names: string[]): number =>
  types.reduce((sum, row) => sum + (names.includes(row.type) ? (row.pages ?? Number.NaN) : 0), 0);

/** Caches grow and shrink while they are read: a count has to be between those before and after, or near them. */
function isBetween(value: number | null, one: number, other: number, slack: number): boolean {
  return value !== null && value >= Math.min(one, other) - slack && value <= Math.max(one, other) + slack;
}

/** Who holds the memory of the running kernel, against its own files. */
export function testLiveUsage(kernel: Kernel, answers: () => Answers): void {
  const usage = () => readReport('usage', answers().text('usage'));

  it('has all slab caches of /proc/slabinfo, with their sizes', () => {
    const listed = parseSlabinfo(answers().text('slabinfo'));
    const found = new Map(usage().slabs?.largest.map((cache) => [cache.name, cache]));
    expect([...found.keys()].sort()).toEqual([...listed.keys()].sort());
    for (const [name, line] of listed) {
      const { slotSize, objectsPerSlab, pagesPerSlab } = line;
      expect(found.get(name), name).toMatchObject({ slotSize, objectsPerSlab, pagesPerSlab });
    }
  });

  it('has as many slabs and objects of each as /proc/slabinfo before and after', () => {
    const before = parseSlabinfo(answers().text('slabinfoBefore'));
    const after = parseSlabinfo(answers().text('slabinfo'));
    const off = (usage().slabs?.largest ?? []).filter((cache) => !isAsListed(cache, before, after));
    // The inspector is a process itself, whose own objects are gone by the second look: tasks, maps, files.
    expect(off.length, off.map(({ name }) => name).join(' ')).toBeLessThanOrEqual(12);
  });

  it('has the totals of /proc/meminfo that do not move', () => {
    const meminfo = answers().text('meminfoAfter');
    const report = usage();
    const percpu = report.percpu?.counted.pages ?? Number.NaN;
    expect(percpu).toBe(pagesInMeminfo(meminfo, 'Percpu'));
    expect(pagesOfTypes(report, 'shmem')).toBe(pagesInMeminfo(meminfo, 'Shmem'));
    expect(pagesOfTypes(report, 'offline')).toBe(balloonPages);
    expect(report.hugetlb?.map(({ size, total }) => [size, total])).toContainEqual([2 << 20, 4]);
    expect(report.complete).toBe(true);
  });

  it('has the callers of vmalloc that /proc/vmallocinfo lists', () => {
    const lines = answers().text('vmallocinfo').split('\n');
    const listed = lines.map((line) =>
      / (\w\S*\+0x[0-9a-f]+\/0x[0-9a-f]+)( \[\w+\])? /.exec(line)?.slice(1, 3).join(''),
    );
    const named = new Set(listed.filter((caller) => caller !== undefined));
    const found = new Set(usage().vmalloc?.largest.map(({ caller }) => caller));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((caller) => !found.has(caller))).toEqual([]);
  });

  it('has the files that the guest wrote and read', () => {
    testFiles(kernel, usage());
  });
}

function isAsListed(
  cache: SlabRow,
  before: ReadonlyMap<string, SlabinfoLine>,
  after: ReadonlyMap<string, SlabinfoLine>,
): boolean {
  const [one, other] = [before.get(cache.name), after.get(cache.name)];
  if (!one || !other) return false;
  const slack = cache.objectsPerSlab;
  return (
    isBetween(cache.slabs, one.slabs, other.slabs, 1) &&
    isBetween(cache.objects, one.objects, other.objects, slack) &&
    isBetween(cache.active, one.active, other.active, slack)
  );
}

function testFiles(kernel: Kernel, report: UsageReport): void {
  const files = new Map(report.files?.largest.map((file) => [file.path, file]));
  const at = (path: string): FileRow | undefined => files.get(path);
  expect(at('/mnt/random')).toMatchObject({ pages: filePages, fileSystem: { type: 'tmpfs' }, dirty: 0 });
  expect(at('/mnt/zeros')).toMatchObject({ pages: filePages, fileSystem: { type: 'tmpfs' }, dirty: 0 });
  // Poisoned pages are no longer in the cache.
  const written = {
    pages: filePages - kernel.poisonedPages,
    size: filePages * 4096,
    deleted: false,
    dirty: 0,
  };
  expect(at('/written')).toMatchObject({ ...written, names: 'initial', fileSystem: { type: 'ext4' } });
  expect(at('/dev/zero')).toMatchObject({ pages: 1024, deleted: true });
  for (const { path, pages, nrpages } of files.values()) expect(nrpages, path ?? '').toBe(pages);
}

/** The same of the saved memory, which is still: what differs from the kernel's counters has a reason. */
export function testCrashedUsage(kernel: Kernel, guest: () => CrashedGuest): void {
  it('attributes each page once, and agrees with the counters of the kernel', () => {
    const report = inspect('usage', guest().vmcore);
    const sum = report.types.reduce((all, { pages }) => all + (pages ?? Number.NaN), 0);
    expect(sum).toBe(report.total.pages);
    const exact = [
      'NR_FILE_PAGES',
      'NR_SHMEM',
      'nr_huge_pages',
      'NR_PAGETABLE',
      'NR_FREE_PAGES',
      '_totalram_pages',
    ];
    const off = report.counters.filter(({ name, difference }) => exact.includes(name) && difference !== 0);
    expect(off).toEqual([]);
    expect(report.counters.map(({ name }) => name)).toEqual(expect.arrayContaining(exact));
    expect(report).toMatchObject({ complete: true, warnings: [] });
  });

  it('has the files that the guest wrote and read', () => {
    testFiles(kernel, inspect('usage', guest().vmcore, '--by', 'file', '--top', '1000000'));
  });
}
