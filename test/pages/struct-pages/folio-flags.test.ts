import { describe, expect, it } from 'vitest';
import { openImage } from '../../../src/formats/open.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { pageDetails } from '../../../src/pages/details/details.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { dumpOf } from '../../support/fixture.ts';

/** PG_workingset of kernels from 6.6 on, which PG_large_rmappable shares (include/linux/page-flags.h). */
const LARGE_RMAPPABLE = 1n << 9n;

interface Tail {
  readonly order: number;
  readonly flags: bigint;
  readonly flagNames: readonly string[];
  readonly flagsOrder: number | null;
}

/** The first tails of compounds of the dump, and the orders of their heads. */
async function firstTails(name: string): Promise<Tail[]> {
  const kernel = openKernel(await openImage([dumpOf(name)]));
  const typed = new TypedKernel(kernel);
  const tails: Tail[] = [];
  for (const { start, end } of kernel.image.memory.described()) {
    for (let pfn = Math.ceil(start / 65536) * 16; pfn + 1 < end / 4096; pfn += 256) {
      const order = explainPage(kernel, pfn).structPage?.order ?? 0;
      if (order === 0) continue;
      const page = explainPage(kernel, pfn + 1);
      const details = pageDetails(typed, page, null);
      if (details && page.structPage) tails.push({ order, flags: page.structPage.flags, ...details });
    }
  }
  kernel.image.close();
  return tails;
}

describe('the flags of the first tail of a compound', () => {
  it.each(['linux-6.12-numa', 'linux-7.3-5level'])(
    'are the order and the flags of the folio: %s',
    async (name) => {
      const tails = await firstTails(name);
      expect(new Set(tails.map(({ order }) => order)).size).toBeGreaterThan(2);
      expect(tails.filter(({ order, flagsOrder }) => flagsOrder !== order)).toEqual([]);
      const rmappable = tails.filter(({ flags }) => (flags & LARGE_RMAPPABLE) !== 0n);
      expect(rmappable.length).toBeGreaterThan(0);
      const expected = ({ flags }: Tail) => ((flags & LARGE_RMAPPABLE) === 0n ? [] : ['PG_large_rmappable']);
      expect(tails.filter((tail) => String(tail.flagNames) !== String(expected(tail)))).toEqual([]);
    },
  );

  it('are those of a page where the order has a byte of its own', async () => {
    const tails = await firstTails('linux-5.10');
    expect(tails.length).toBeGreaterThan(0);
    expect(tails.filter(({ flagsOrder }) => flagsOrder !== null)).toEqual([]);
  });
});
