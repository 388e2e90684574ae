import { describe, expect, it } from 'vitest';
import type { LayoutReport } from '../src/report/layout-report.ts';
import type { PageReport } from '../src/report/page-report.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import type { PsReport } from '../src/report/ps-report.ts';
import type { SymbolsReport } from '../src/report/symbols-report.ts';
import type { UsageReport } from '../src/report/usage-report.ts';
import { COUNTED, expectedOf, OWN_MAPS, TINY } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';

async function json<T>(command: string, path: string, ...operands: readonly string[]): Promise<T> {
  const ran = await runMain([command, path, ...operands, '--json']);
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(ran.stdout) as T;
}

describe.each([OWN_MAPS, TINY])(
  'the memory of a kernel that distributions do not build: $name',
  ({ name, path }) => {
    const expected = expectedOf(name);

    it('has the rows that makedumpfile counted before it was filtered, and each page once', async () => {
      const { classes, total, complete, consistent } = await json<PagesReport>('pages', path);
      expect(Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]))).toEqual(
        Object.fromEntries(COUNTED.map((row) => [row, expected.makedumpfile[row]])),
      );
      expect(classes.kernelData.pages).toBe(expected.kernelDataDistinct);
      expect(total.pages).toBe(expected.distinctPagesInLoads);
      expect({ complete, consistent }).toEqual({ complete: true, consistent: true });
    });

    it('is counted by makedumpfile in the same way', async () => {
      const { classes } = await json<PagesReport>('pages', path, '--compat', 'makedumpfile');
      const rows = COUNTED.filter((row) => row !== 'zero');
      expect(Object.fromEntries(rows.map((row) => [row, classes[row].pages]))).toEqual(
        Object.fromEntries(rows.map((row) => [row, expected.makedumpfile[row]])),
      );
    });

    it('has its image and its direct map where the kernel put them', async () => {
      const layout = await json<LayoutReport>('layout', path);
      expect(layout.pageOffset).toMatchObject({ value: expected.pageOffset, source: 'kallsyms' });
      expect(layout.physBase.value).toBe(`-0x${(-expected.physBase).toString(16)}`);
      expect(layout.kernelOffset.value).toBe(expected.kernelOffset);
    });

    it.each(Object.entries(expected.symbols))('has %s at its address', async (symbol, address) => {
      const { symbols } = await json<SymbolsReport>('symbols', path, symbol);
      expect(symbols.map((one) => one.address)).toEqual([address]);
    });
  },
);

describe('a kernel without a vmemmap, on a machine with two nodes', () => {
  const { path } = OWN_MAPS;

  it('is known to have none, though it has the variable vmemmap_base', async () => {
    const { vmemmap, warnings } = await json<LayoutReport>('layout', path);
    expect(vmemmap.value).toBeNull();
    expect(vmemmap.candidates.map(({ reason }) => reason).join()).toContain('SPARSEMEM_VMEMMAP=n');
    expect(warnings).toEqual([]);
  });

  it('agrees with every counter of each node, its slabs included', async () => {
    const { checks, complete, consistent, slabs } = await json<UsageReport>('usage', path);
    expect(checks.filter(({ verdict }) => verdict !== 'equal' && verdict !== 'explained')).toEqual([]);
    expect(new Set(checks.map(({ node }) => node))).toEqual(new Set([undefined, 0, 1]));
    expect(slabs?.caches).toBe(85);
    expect({ complete, consistent }).toEqual({ complete: true, consistent: true });
  });

  // Node 1 has the pages from 98304 on (/proc/zoneinfo).
  it.each([
    [98303, 0],
    [98304, 1],
    [196000, 1],
  ])('has page %d in node %d', async (pfn, node) => {
    const page = await json<PageReport>('page', path, String(pfn));
    expect(page.details).toMatchObject({ node, zone: 'DMA32', inZoneSpan: true });
  });

  it('has the tasks that its nr_threads counts', async () => {
    const { complete, consistent } = await json<PsReport>('ps', path);
    expect({ complete, consistent }).toEqual({ complete: true, consistent: true });
  });
});
