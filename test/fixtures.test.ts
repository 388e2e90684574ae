import { describe, expect, it } from 'vitest';
import { fixtureNames } from '../fixtures/expand.ts';
import type { LayoutReport } from '../src/report/layout-report.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import type { SymbolsReport } from '../src/report/symbols-report.ts';
import { COUNTED, dumpOf, expectedOf, TYPED } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

/** makedumpfile cannot read QEMU's files, so only its counts that need no contents apply, and no total. */
const isUnreadableByMakedumpfile = (name: string) => name.startsWith('qemu-');
const byStructPage = ['nonPrivateCache', 'privateCache', 'user', 'free', 'hwpoison', 'offline'] as const;

async function json<T>(args: readonly string[]): Promise<T> {
  const ran = await runMain([...args, '--json']);
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return JSON.parse(ran.stdout) as T;
}

function pagesOf(
  report: PagesReport,
  names: readonly (typeof COUNTED)[number][],
): Record<string, number | null> {
  return Object.fromEntries(names.map((name) => [name, report.classes[name].pages]));
}

describe.each(fixtureNames())('%s', (name) => {
  const dump = dumpOf(name);
  const expected = expectedOf(name);
  const isTyped = TYPED.some((typed) => typed === name);
  const rows = isUnreadableByMakedumpfile(name) ? byStructPage : COUNTED;
  const wanted = Object.fromEntries(rows.map((row) => [row, expected.makedumpfile[row]]));

  it('has the rows that makedumpfile counts, and each page once', async () => {
    const report = await json<PagesReport>(['pages', dump]);
    expect(violations('pages', report)).toEqual([]);
    expect(pagesOf(report, rows)).toEqual(wanted);
    expect(report.total).toEqual({
      pages: expected.distinctPagesInLoads,
      bytes: expected.distinctPagesInLoads * 4096,
    });
    const sum = Object.values(report.classes).reduce((total, row) => total + (row.pages ?? Number.NaN), 0);
    expect(sum).toBe(expected.distinctPagesInLoads);
    expect(report.kernel.release).toBe(expected.kernel);
    expect(report.complete).toBe(true);
  });

  it('finds as many free pages as the kernel has on its free lists, zone by zone', async () => {
    const { freeCheck } = await json<PagesReport>(['pages', dump]);
    const zones = freeCheck !== null && 'zones' in freeCheck ? freeCheck.zones : [];
    expect(zones.length).toBeGreaterThan(1);
    expect(zones.map((zone) => zone.counted)).toEqual(zones.map((zone) => zone.freeArea));
    expect(zones.reduce((sum, zone) => sum + zone.freeArea, 0)).toBe(expected.makedumpfile.free);
    expect(zones.map((zone) => zone.zone)).toEqual(expect.arrayContaining(['DMA', 'DMA32']));
  });

  it('counts like makedumpfile with --compat makedumpfile', async () => {
    const report = await json<PagesReport>(['pages', dump, '--compat', 'makedumpfile']);
    expect(violations('pages', report)).toEqual([]);
    expect(pagesOf(report, rows)).toEqual(wanted);
    expect(report.compat).toBe('makedumpfile');
  });

  it('finds where the kernel put its direct map, by the symbol and by another method', async () => {
    const report = await json<LayoutReport>(['layout', dump]);
    expect(violations('layout', report)).toEqual([]);
    expect(report.pageOffset).toMatchObject({ value: expected.pageOffset, source: 'kallsyms' });
    const agreeing = report.pageOffset.candidates.filter((c) => c.verdict === 'agrees').map((c) => c.source);
    expect(agreeing).toEqual(expect.arrayContaining(['direct-map-pointer', 'page-tables']));
    expect(
      report.pageOffset.candidates.filter((c) => c.verdict === 'refuted' || c.verdict === 'differs'),
    ).toEqual([]);
    expect(report.physBase.value).toBe(hexOf(expected.physBase));
    expect(report.kernelOffset.value).toBe(expected.kernelOffset);
    expect(report.pagingLevels).toBe(expected.pagingLevels);
    expect(report.warnings).toEqual([]);
  });

  it.each(Object.entries(expected.symbols))('has %s at its address', async (symbol, address) => {
    // If the kernel's types are blank, the modules cannot be read, and the report says so.
    const ran = await runMain(['symbols', dump, symbol, '--json']);
    expect(ran.status).toBe(isTyped ? 0 : 3);
    const report = JSON.parse(ran.stdout) as SymbolsReport;
    expect(violations('symbols', report)).toEqual([]);
    expect(report.symbols.map((s) => s.address)).toEqual([address]);
  });
});

function hexOf(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

describe('the totals of a fixture that makedumpfile reads', () => {
  it.each(fixtureNames().filter((name) => !isUnreadableByMakedumpfile(name)))(
    '%s: totals and kernel data',
    async (name) => {
      const expected = expectedOf(name);
      const truth = await json<PagesReport>(['pages', dumpOf(name)]);
      expect(truth.classes.kernelData.pages).toBe(expected.kernelDataDistinct);
      const compat = await json<PagesReport>(['pages', dumpOf(name), '--compat', 'makedumpfile']);
      expect(compat.total.pages).toBe(expected.makedumpfile.original);
      expect(compat.classes.kernelData.pages).toBe(expected.makedumpfile.remaining);
    },
  );
});
