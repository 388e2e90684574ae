import { describe, expect, it } from 'vitest';
import { type Check, check, type Movement } from '../../../src/kernel/evidence/check.ts';
import type { PageClass } from '../../../src/pages/classify/page-class.ts';
import type { Figure } from '../../../src/report/figure.ts';
import type { ClassRow, FreeCheckRow, PagesReport } from '../../../src/report/pages-report.ts';
import { type PagesShown, pagesView } from '../../../src/report/views/pages-view.ts';
import { violations } from '../../support/schema.ts';
import { textOf } from '../../support/text-of.ts';

const exactly = (pages: number): Figure => ({ pages, bytes: 4096 * pages });
const atLeast = (pages: number): Figure => ({
  pages: null,
  bytes: null,
  atLeast: { pages, bytes: 4096 * pages },
});
const row = (figure: Figure, excludable = true): ClassRow => ({ ...figure, excludable });

/** Ten pages: four of them free, six the kernel's. */
function reportOf(
  changes: Partial<PagesReport> = {},
  rows: Partial<Record<PageClass, ClassRow>> = {},
): PagesReport {
  const none = row(exactly(0));
  return {
    ...{ schema: 'kdump-inspect/pages/1', file: { path: 'core', format: 'ELF64 vmcore', bytes: 8192 } },
    ...{ kernel: { release: '6.12.1' }, pageSize: 4096, total: exactly(10) },
    classes: {
      ...{ zero: none, nonPrivateCache: none, privateCache: none, user: none, hwpoison: none, offline: none },
      ...{ free: row(exactly(4)), kernelData: row(exactly(6), false), ...rows },
    },
    ...{ unknown: { pages: 0, bytes: 0 }, compat: null, freeCheck: null, warnings: [], complete: true },
    ...{ consistent: true, checks: [] },
    ...changes,
  };
}

async function linesOf(report: PagesReport, asked: PagesShown = {}): Promise<string[]> {
  expect(violations('pages', report)).toEqual([]);
  return (await textOf(pagesView(report, asked), { columns: 400 })).trimEnd().split('\n');
}

/** Returns the line of a row with its columns one blank apart; undefined if there is none. */
const lineOf = async (name: string, ...report: Parameters<typeof reportOf>) =>
  (await linesOf(reportOf(...report))).find((line) => line.startsWith(`${name} `))?.replace(/ +/g, ' ');

describe('the title of pages', () => {
  it('has the release and the time of the crash if they are known', async () => {
    expect((await linesOf(reportOf()))[0]).toBe('Linux 6.12.1 (ELF64 vmcore)');
    expect((await linesOf(reportOf({ kernel: { release: null } })))[0]).toBe(
      'Linux of unknown release (ELF64 vmcore)',
    );
    const crashed = { release: '6.12.1', crashTime: 1_700_000_000 };
    expect((await linesOf(reportOf({ kernel: crashed })))[0]).toBe(
      'Linux 6.12.1 (ELF64 vmcore, crashed 2023-11-14 22:13:20 UTC)',
    );
  });
});

describe('the rows of pages', () => {
  it('have their pages, size and share, and whether makedumpfile -d 31 excludes them', async () => {
    expect(await lineOf('FREE')).toBe('FREE 4 16 KiB 40.0 yes Free pages');
    expect(await lineOf('KERN_DATA')).toBe('KERN_DATA 6 24 KiB 60.0 no Dumpable kernel data');
    expect(await lineOf('TOTAL')).toBe('TOTAL 10 40 KiB 100 Each physical page once');
    expect(await lineOf('TOTAL', { compat: 'makedumpfile' })).toMatch(/ Counted as makedumpfile does$/);
  });

  it('include classes that makedumpfile does not print only if they have pages, or may have some', async () => {
    expect(await lineOf('HWPOISON')).toBeUndefined();
    expect(await lineOf('HWPOISON', {}, { hwpoison: row(exactly(1)) })).toMatch(
      /^HWPOISON 1 4 KiB 10\.0 yes /,
    );
    expect(await lineOf('OFFLINE', {}, { offline: row(atLeast(0)) })).toMatch(/^OFFLINE >=0 >=0 B - yes /);
  });

  it('have a lower bound and no share if a figure is unknown', async () => {
    expect(await lineOf('FREE', {}, { free: row(atLeast(3)) })).toBe('FREE >=3 >=12 KiB - yes Free pages');
    expect(await lineOf('TOTAL', { total: atLeast(10) })).toMatch(/^TOTAL >=10 >=40 KiB - /);
  });

  it('include pages of unknown class if there are any', async () => {
    expect(await lineOf('UNKNOWN')).toBeUndefined();
    const unknown = { pages: 1, bytes: 4096 };
    expect(await lineOf('UNKNOWN', { unknown })).toBe('UNKNOWN 1 4 KiB 10.0 - The dump cannot tell');
  });
});

describe('the check of FREE', () => {
  const zone: FreeCheckRow = { node: 1, zone: 'Normal', counted: 4, freeArea: 4, vmStat: 4 };
  /** Returns the lines below the table. */
  const said = async (
    freeCheck: PagesReport['freeCheck'],
    checks: readonly Check[] = [],
    asked: PagesShown = {},
  ) => {
    const lines = await linesOf(reportOf({ freeCheck, checks }), asked);
    return lines.slice(lines.findIndex((line) => line.startsWith('TOTAL')) + 1);
  };

  it.each<[string, Partial<FreeCheckRow>, string]>([
    ['agrees', {}, '4 pages, as the kernel counts'],
    ['found one page', { counted: 1, freeArea: 1, vmStat: 1 }, '1 page, as the kernel counts'],
  ])('%s, which --check shows', async (_, changes, text) => {
    const zones = [{ ...zone, ...changes }];
    const agreement = "FREE agrees with the kernel's free lists in 1 of 1 zone";
    expect(await said({ zones }, [], { check: true })).toEqual([
      '',
      `${agreement}:`,
      `  node 1 Normal: ${text}`,
    ]);
    expect(await said({ zones })).toEqual(['', `${agreement} (see --check)`]);
  });

  it('shows the zones with a difference that nothing explains, and how many agree', async () => {
    const place = { name: 'free_area.nr_free', unit: 'pages', node: 1, zone: 'Normal' };
    const zones = [
      { ...zone, node: 0, zone: 'DMA' },
      { ...zone, node: 0, vmStat: 5 },
      { ...zone, freeArea: 3 },
    ];
    const held = check({
      ...{ ...place, name: 'NR_FREE_PAGES', node: 0, counted: 4, kernel: 5 },
      movement: { by: 'CPUs may hold back so many', upTo: 127 },
    });
    const lists = check({ ...place, counted: 4, kernel: 3 });
    expect(await said({ zones }, [lists, held])).toEqual([
      '',
      "FREE agrees with the kernel's free lists in 2 of 3 zones (see --check):",
      '  node 0 Normal: 4 pages, as the kernel counts; NR_FREE_PAGES 5, CPUs may hold back so many (up to 127)',
      '  node 1 Normal: 4 pages, the kernel counts 3: CONTRADICTED, nothing explains 1 of them',
    ]);
  });

  it.each<[string, Movement | null, string]>([
    ['contradicts', null, '9 pages, the kernel counts 4: CONTRADICTED, nothing explains 5 of them'],
    [
      'blames no one for what may have moved while it was read',
      { by: 'memory moved meanwhile', upTo: 7 },
      '9 pages, the kernel counts 4, memory moved meanwhile (up to 7)',
    ],
    [
      'says how much more it is than may have moved',
      { by: 'memory moved meanwhile', upTo: 4 },
      '9 pages, the kernel counts 4: CONTRADICTED, nothing explains 5 of them',
    ],
  ])('%s', async (_, movement, text) => {
    const place = { name: 'free_area.nr_free', unit: 'pages', node: 1, zone: 'Normal' };
    const checks = [check({ ...place, counted: 9, kernel: 4, movement })];
    expect((await said({ zones: [{ ...zone, counted: 9 }] }, checks)).at(-1)).toBe(
      `  node 1 Normal: ${text}`,
    );
  });

  // The counter lags behind by what CPUs have not added yet (vm_stat_diff), to either side.
  it.each<[number, Movement | null, string]>([
    [
      1,
      { by: 'CPUs may hold back so many', upTo: 127 },
      'NR_FREE_PAGES 1, CPUs may hold back so many (up to 127)',
    ],
    [
      6,
      { by: 'CPUs may hold back so many', upTo: 127 },
      'NR_FREE_PAGES 6, CPUs may hold back so many (up to 127)',
    ],
    [
      7,
      { by: 'CPUs may hold back so many', upTo: 2 },
      'NR_FREE_PAGES 7: CONTRADICTED, nothing explains 3 of them',
    ],
  ])('sees a counter of %d', async (vmStat, movement, text) => {
    const counter = check({
      ...{ name: 'NR_FREE_PAGES', unit: 'pages', node: 1, zone: 'Normal' },
      ...{ counted: 4, kernel: vmStat, movement },
    });
    const line = (await said({ zones: [{ ...zone, vmStat }] }, [counter])).at(-1);
    expect(line).toBe(`  node 1 Normal: 4 pages, as the kernel counts; ${text}`);
  });

  it('says why free lists have fewer with --check', async () => {
    const explained = [{ by: 'unaccepted memory', count: 2 }];
    const place = { name: 'free_area.nr_free', unit: 'pages', node: 1, zone: 'Normal' };
    const lists = check({ ...place, counted: 6, kernel: 4, explained });
    const zones = [{ ...zone, counted: 6, vmStat: 6 }];
    const agreement = "FREE agrees with the kernel's free lists in 1 of 1 zone";
    expect(await said({ zones }, [lists])).toEqual(['', `${agreement} (see --check)`]);
    expect(await said({ zones }, [lists], { check: true })).toEqual([
      '',
      `${agreement}:`,
      '  node 1 Normal: 6 pages, the kernel counts 4, unaccepted memory',
    ]);
  });

  it('says why it is missing, unless it is not wanted', async () => {
    expect(await said({ unavailable: 'no SIZE(zone)\x1b' })).toEqual([
      '',
      'FREE was not checked: no SIZE(zone)\\x1b',
    ]);
    expect(await said(null)).toEqual([]);
  });
});
