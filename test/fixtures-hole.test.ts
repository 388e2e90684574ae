import { describe, expect, it } from 'vitest';
import type { InfoReport } from '../src/report/info-report.ts';
import type { LayoutReport } from '../src/report/layout-report.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import type { SymbolsReport } from '../src/report/symbols-report.ts';
import type { UsageReport } from '../src/report/usage-report.ts';
import { COUNTED, expectedOf, WITH_HOLE } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';

const expected = expectedOf(WITH_HOLE.name);

async function json<T>(command: string, ...operands: readonly string[]): Promise<T> {
  const ran = await runMain([command, WITH_HOLE.path, ...operands, '--json']);
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(ran.stdout) as T;
}

describe('the memory of a machine with RAM above 4 GiB, filtered at level 30', () => {
  it('has the rows that makedumpfile counted before it was filtered, and each page once', async () => {
    const { classes, total, complete } = await json<PagesReport>('pages');
    expect(Object.fromEntries(COUNTED.map((row) => [row, classes[row].pages]))).toEqual(
      Object.fromEntries(COUNTED.map((row) => [row, expected.makedumpfile[row]])),
    );
    expect(classes.kernelData.pages).toBe(expected.kernelDataDistinct);
    expect(total.pages).toBe(expected.distinctPagesInLoads);
    expect(complete).toBe(true);
  });

  it('finds where the kernel put its image and its direct map', async () => {
    const layout = await json<LayoutReport>('layout');
    expect(layout.pageOffset).toMatchObject({ value: expected.pageOffset, source: 'kallsyms' });
    expect(layout.physBase.value).toBe(`0x${expected.physBase.toString(16)}`);
    expect(layout.kernelOffset.value).toBe(expected.kernelOffset);
    expect(layout.pagingLevels).toBe(expected.pagingLevels);
  });

  it.each(Object.entries(expected.symbols))('has %s at its address', async (symbol, address) => {
    const { symbols } = await json<SymbolsReport>('symbols', symbol);
    expect(symbols.map((one) => one.address)).toEqual([address]);
  });

  it('tells from whom the memory is, and every counter of the kernel agrees', async () => {
    const { checks, complete, consistent } = await json<UsageReport>('usage');
    expect(checks.length).toBeGreaterThan(5);
    expect(checks.filter(({ verdict }) => verdict !== 'equal' && verdict !== 'explained')).toEqual([]);
    expect({ complete, consistent }).toEqual({ complete: true, consistent: true });
  });

  it('says which kernel crashed', async () => {
    const { kernel } = await json<InfoReport>('info');
    expect(kernel.release).toBe(expected.kernel);
  });
});
