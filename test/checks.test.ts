import { beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../src/kernel/evidence/check.ts';
import type { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import { useKeys } from '../src/pages/attribution/choose-keys.ts';
import { Use } from '../src/pages/attribution/page-uses.ts';
import { useOf } from '../src/pages/attribution/use-of.ts';
import { factsOf, PageFact } from '../src/pages/struct-pages/page-facts.ts';
import { StructPages } from '../src/pages/struct-pages/struct-pages.ts';
import { readUsage } from '../src/pages/usage/usage.ts';
import { type UsageReport, usageReport } from '../src/report/usage-report.ts';
import { ALONE } from './builders/census.ts';
import { TYPED } from './support/fixture.ts';
import { patchedKernel } from './support/patched-kernel.ts';

async function reportOf(typed: TypedKernel): Promise<UsageReport> {
  const { image } = typed.kernel;
  try {
    return usageReport(await readUsage(typed, 5, ALONE), { image, release: null, by: 'type', top: 5 });
  } finally {
    image.close();
  }
}

const offOf = ({ checks }: UsageReport) =>
  checks
    .filter(({ verdict }) => verdict === 'contradicted')
    .map(({ name, counted, kernel }: Check) => [name, counted - kernel]);

/** Virtual address of the struct page of some page of a file in tmpfs. */
function firstCachePage(typed: TypedKernel): bigint {
  const structPages = new StructPages(typed.kernel);
  const keys = useKeys(typed);
  for (let pfn = 0x1000; pfn < 0x10000; pfn++) {
    const { absent, unreadable } = structPages.readRun(pfn, 1);
    if (absent || unreadable.length > 0) continue;
    const facts = factsOf(structPages.words, 0, keys);
    const isHead = (facts & PageFact.head) !== 0;
    if (isHead || useOf(structPages.words, 0, facts, keys) !== Use.shmem) continue;
    const address = structPages.addressOf(pfn);
    if (address !== null) return address;
  }
  throw new Error('there is no such page');
}

describe.each(TYPED)("the figures of %s compared with the kernel's own", (name) => {
  const symbol = (of: string) => patchedKernel(name).symbol(of);
  const long = (value: bigint) => new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer);
  let whole: UsageReport;
  beforeAll(async () => {
    whole = await reportOf(patchedKernel(name));
  });

  it('are equal, or differ by what was counted', () => {
    expect(whole).toMatchObject({ consistent: true, complete: true, warnings: [] });
    expect(whole.checks.length).toBeGreaterThan(12);
    for (const { counted, kernel, explained } of whole.checks)
      expect(counted - kernel).toBe(explained.reduce((sum, { count }) => sum + count, 0));
  });

  it.each([
    ['_totalram_pages', -1n],
    ['_totalram_pages', 64n],
  ])('are contradicted by a damaged counter: %s and %d', async (counter, by) => {
    const was = BigInt(whole.checks.find((check) => check.name === counter)?.kernel ?? -1);
    const report = await reportOf(patchedKernel(name, { at: symbol(counter), bytes: long(was + by) }));
    expect(report.consistent).toBe(false);
    expect(offOf(report)).toContainEqual([counter, -Number(by)]);
    expect(report.warnings.some((sentence) => sentence.startsWith(`${counter}: `))).toBe(true);
  });

  it('are contradicted only by the counter that differs', async () => {
    const typed = patchedKernel(name);
    const at = typed.symbol('vm_node_stat') + 8n * (typed.types.enumerator('NR_SHMEM') ?? -1n);
    const raw = BigInt.asIntN(64, typed.space.u64(at));
    expect(offOf(await reportOf(patchedKernel(name, { at, bytes: long(raw - 7n) })))).toEqual([
      ['NR_SHMEM', 7],
    ]);
  });

  it('are contradicted if a page is no longer on an LRU list', async () => {
    const typed = patchedKernel(name);
    const page = firstCachePage(typed);
    const lru = 1n << (typed.types.enumerator('PG_lru') ?? 0n);
    const report = await reportOf(
      patchedKernel(name, { at: page, bytes: long(typed.space.u64(page) & ~lru) }),
    );
    expect(offOf(report)).toContainEqual([expect.stringMatching(/^NR_INACTIVE_ANON \+ NR_ACTIVE_ANON/), -1]);
  });

  it('are contradicted if a file has lost a page', async () => {
    const typed = patchedKernel(name);
    const page = firstCachePage(typed);
    const report = await reportOf(
      patchedKernel(name, {
        at: page + BigInt(typed.types.struct('page').offsetOf('mapping')),
        bytes: long(0n),
      }),
    );
    expect(offOf(report)).toContainEqual(['NR_FILE_PAGES', -1]);
    expect(offOf(report)).toContainEqual(['NR_SHMEM', -1]);
  });
});
