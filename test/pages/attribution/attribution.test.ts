import { afterAll, describe, expect, test } from 'vitest';
import { FileSource } from '../../../src/bytes/file-source.ts';
import { clipRanges, type Range } from '../../../src/bytes/ranges.ts';
import { searchVmcoreinfo } from '../../../src/kernel/identity/vmcoreinfo-search.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { TypedKernel } from '../../../src/kernel/types/typed-kernel.ts';
import { attributePages } from '../../../src/pages/attribution/attribution.ts';
import { useKeys } from '../../../src/pages/attribution/choose-keys.ts';
import { UseScan } from '../../../src/pages/attribution/use-scan.ts';
import { pfnRanges } from '../../../src/pages/struct-pages/pfn-ranges.ts';
import { runsOf } from '../../../src/pages/struct-pages/runs.ts';
import { ALONE } from '../../builders/census.ts';
import { openSource } from '../../builders/open-source.ts';
import { dumpOf } from '../../support/fixture.ts';

const image = openSource(new FileSource(dumpOf('linux-6.12-numa')));
const typed = new TypedKernel(openKernel(image, { vmcoreinfo: image.vmcoreinfo ?? searchVmcoreinfo(image) }));
afterAll(() => image.close());

const described = [...pfnRanges(image.memory.described())];

/** Pieces of 64 pages; `told` is called for each one that is made. */
function* inPieces(told: () => void): Generator<Range> {
  for (const { start, end } of described) {
    for (let pfn = start; pfn < end; pfn += 64) {
      told();
      yield { start: pfn, end: Math.min(end, pfn + 64) };
    }
  }
}

describe('the pages of a dump that lie in very many places', () => {
  test('are walked place by place, and no place is kept', () => {
    let made = 0;
    let most = 0;
    const ranges = {
      [Symbol.iterator]: () => {
        made = 0;
        return inPieces(() => made++);
      },
    };
    let before = 0;
    let done = 0;
    new UseScan(typed.kernel, useKeys(typed)).runs(runsOf(ranges), (pages) => {
      most = Math.max(most, made - before);
      before = made;
      done += pages;
      expect(done).toBeLessThanOrEqual(64 * made);
    });
    expect(made).toBeGreaterThan(1000);
    expect(most).toBeLessThanOrEqual(2);
    expect(done).toBe(described.reduce((sum, { start, end }) => sum + end - start, 0));
  });
});

describe("KFENCE's pool", () => {
  test('is cut out of the memory of a dump, wherever it lies, and counted with it', async () => {
    const all = await attributePages(typed, null, ALONE);
    const [{ start, end }] = described as [Range];
    const pool = { start: start + 10, end: end + 1000 };
    const inPool = [...clipRanges(described, pool.start, pool.end)];
    const { total, uses } = await attributePages(typed, pool, ALONE);
    expect(total).toBe(all.total);
    expect(uses.kfence).toBe(inPool.reduce((sum, range) => sum + range.end - range.start, 0));
    expect(Object.values(uses).reduce((sum, pages) => sum + pages)).toBe(all.total);
  });
});
