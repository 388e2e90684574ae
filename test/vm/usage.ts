import { expect, it } from 'vitest';
import type { UsageReport } from '../../src/report/usage-report.ts';
import type { FileRow } from '../../src/report/usage-rows.ts';
import type { Answers } from './answers.ts';
import { pagesInMeminfo, poisonedPagesIn } from './guest-facts.ts';
import { balloonPages, has, type Kernel } from './kernels.ts';
import type { CrashedGuest } from './machine.ts';
import { inspect, readReport } from './reports.ts';
import { testSlabs } from './slabs.ts';

/** init.sh writes files of 64 times 64 KiB. */
const filePages = 1024;

const pagesOfTypes = ({ types }: UsageReport, ...names: string[]): number =>
  types.reduce((sum, row) => sum + (names.includes(row.type) ? (row.pages ?? Number.NaN) : 0), 0);

/** Compares the use of the running kernel's memory with its own files, read before and after. */
export function testLiveUsage(kernel: Kernel, answers: () => Answers): void {
  const usage = () => readReport('usage', answers().text('usage'));

  if (has(kernel, 'slabinfo')) testSlabs(kernel, usage, answers);

  it('has the totals of /proc/meminfo, which do not change meanwhile', () => {
    const report = usage();
    const totals = (name: 'meminfoBefore' | 'meminfoAfter') =>
      ['Percpu', 'Shmem'].map((line) => pagesInMeminfo(answers().text(name), line));
    expect(totals('meminfoAfter')).toEqual(totals('meminfoBefore'));
    expect([report.percpu?.counted.pages, pagesOfTypes(report, 'shmem')]).toEqual(totals('meminfoBefore'));
    expect(pagesOfTypes(report, 'offline')).toBe(balloonPages);
    expect(report.hugetlb?.map(({ size, total }) => [size, total])).toContainEqual([2 << 20, 4]);
    expect(report.complete).toBe(true);
  });

  it('has the callers of vmalloc whose areas /proc/vmallocinfo lists before and after', () => {
    const after = new Set(answers().text('vmallocinfoAfter').split('\n'));
    const lasting = answers()
      .text('vmallocinfoBefore')
      .split('\n')
      .filter((line) => after.has(line));
    const named = new Set(lasting.map(callerIn).filter((caller) => caller !== undefined));
    const found = new Set(usage().vmalloc?.largest.map(({ caller }) => caller));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((caller) => !found.has(caller))).toEqual([]);
  });

  it('has the files that the guest wrote and read', () => {
    testOwnFiles(usage(), answers());
    const moved = (usage().files?.largest ?? []).filter(
      ({ pages, nrpages }) => !(Math.abs((nrpages ?? Number.NaN) - (pages ?? Number.NaN)) <= movedMeanwhile),
    );
    expect(moved).toEqual([]);
  });
}

/**
 * Pages that may be added to a file, or removed, between the look at its pages and the look at its counter in
 * a running kernel: a page that is read for the first time brings in its read-ahead window, 128 KiB. Only
 * files that are still in use change at all.
 */
const movedMeanwhile = 32;

/**
 * "0xffffc90000000000-0xffffc90000005000 20480 map_irq_stack+0x0/0x90 [module] ...": with its module, if any.
 */
const callerIn = (line: string): string | undefined =>
  / (\w\S*\+0x[0-9a-f]+\/0x[0-9a-f]+)( \[\w+\])? /.exec(line)?.slice(1, 3).join('');

function testOwnFiles(report: UsageReport, answers: Answers): void {
  const files = new Map(report.files?.largest.map((file) => [file.path, file]));
  const at = (path: string): FileRow | undefined => files.get(path);
  const kept = (pages: number) => ({ pages, nrpages: pages, dirty: 0 });
  const tmpfs = { type: 'tmpfs' };
  expect(at('/mnt/random')).toMatchObject({ ...kept(filePages), fileSystem: tmpfs });
  expect(at('/mnt/zeros')).toMatchObject({ ...kept(filePages), fileSystem: tmpfs });
  // Poisoned pages are no longer in the cache.
  const written = {
    ...kept(filePages - poisonedPagesIn(answers.text('meminfo'))),
    size: filePages * 4096,
    deleted: false,
  };
  expect(at('/written')).toMatchObject({ ...written, names: 'initial', fileSystem: { type: 'ext4' } });
  expect(at('/dev/zero')).toMatchObject({ pages: 1024, nrpages: 1024, deleted: true });
}

/** The same for the saved memory, which is still: each difference from the kernel's counters has a reason. */
export function testCrashedUsage(guest: () => CrashedGuest): void {
  it("attributes each page once, and agrees with the kernel's counters", () => {
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
    const report = inspect('usage', guest().vmcore, '--by', 'file', '--top', '1000000');
    testOwnFiles(report, guest().answers);
    for (const { path, pages, nrpages } of report.files?.largest ?? [])
      expect(nrpages, path ?? '').toBe(pages);
  });
}
