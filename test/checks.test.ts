import { beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import type { MemoryImage } from '../src/formats/image/image.ts';
import type { Check } from '../src/kernel/evidence/check.ts';
import { openKernel } from '../src/kernel/open/kernel.ts';
import { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import { useKeys } from '../src/pages/attribution/choose-keys.ts';
import { Use } from '../src/pages/attribution/page-uses.ts';
import { useOf } from '../src/pages/attribution/use-of.ts';
import { factsOf, PageFact } from '../src/pages/struct-pages/page-facts.ts';
import { StructPages } from '../src/pages/struct-pages/struct-pages.ts';
import { readUsage } from '../src/pages/usage/usage.ts';
import { type UsageReport, usageReport } from '../src/report/usage-report.ts';
import { ALONE } from './builders/census.ts';
import { openSource } from './builders/open-source.ts';
import { PatchedSource } from './builders/patched-source.ts';
import { dumpOf, TYPED } from './support/fixture.ts';

/** The dump of a fixture with the memory at a virtual address changed. */
function typedOf(name: string, at?: bigint, bytes?: Uint8Array): TypedKernel {
  const image = openSource(new FileSource(dumpOf(name)));
  const typed = new TypedKernel(openKernel(image));
  if (at === undefined || bytes === undefined) return typed;
  const position = positionOf(image, typed.space.translate(at));
  image.close();
  const patched = new PatchedSource(new FileSource(dumpOf(name)), [{ at: position, bytes }]);
  return new TypedKernel(openKernel(openSource(patched)));
}

/** Where the file has the memory at a physical address. */
function positionOf({ segments }: MemoryImage, physical: number): bigint {
  const holder = [...segments].find(
    (segment) =>
      segment.physical !== null &&
      physical >= segment.physical &&
      physical < segment.physical + Number(segment.fileSize),
  );
  if (!holder) throw new Error('that is not in the dump');
  return BigInt(holder.offset) + BigInt(physical - (holder.physical ?? 0));
}

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
  const symbol = (of: string) => typedOf(name).symbol(of);
  const long = (value: bigint) => new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer);
  let whole: UsageReport;
  beforeAll(async () => {
    whole = await reportOf(typedOf(name));
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
    const report = await reportOf(typedOf(name, symbol(counter), long(was + by)));
    expect(report.consistent).toBe(false);
    expect(offOf(report)).toContainEqual([counter, -Number(by)]);
    expect(report.warnings.some((sentence) => sentence.startsWith(`${counter}: `))).toBe(true);
  });

  it('are contradicted only by the counter that differs', async () => {
    const typed = typedOf(name);
    const at = typed.symbol('vm_node_stat') + 8n * (typed.types.enumerator('NR_SHMEM') ?? -1n);
    const raw = BigInt.asIntN(64, typed.space.u64(at));
    expect(offOf(await reportOf(typedOf(name, at, long(raw - 7n))))).toEqual([['NR_SHMEM', 7]]);
  });

  it('are contradicted if a page is no longer on an LRU list', async () => {
    const typed = typedOf(name);
    const page = firstCachePage(typed);
    const lru = 1n << (typed.types.enumerator('PG_lru') ?? 0n);
    const report = await reportOf(typedOf(name, page, long(typed.space.u64(page) & ~lru)));
    expect(offOf(report)).toContainEqual([expect.stringMatching(/^NR_INACTIVE_ANON \+ NR_ACTIVE_ANON/), -1]);
  });

  it('are contradicted if a file has lost a page', async () => {
    const typed = typedOf(name);
    const page = firstCachePage(typed);
    const report = await reportOf(
      typedOf(name, page + BigInt(typed.types.struct('page').offsetOf('mapping')), long(0n)),
    );
    expect(offOf(report)).toContainEqual(['NR_FILE_PAGES', -1]);
    expect(offOf(report)).toContainEqual(['NR_SHMEM', -1]);
  });
});
