import { describe, expect, test } from 'vitest';
import { Rule, ruleOf } from '../src/pages/classify/rules.ts';
import { compoundOrder } from '../src/pages/struct-pages/compound-order.ts';
import { factsOf, PageFact } from '../src/pages/struct-pages/page-facts.ts';
import { pageKeys } from '../src/pages/struct-pages/page-keys.ts';
import { pfnRanges } from '../src/pages/struct-pages/pfn-ranges.ts';
import { runsOf } from '../src/pages/struct-pages/runs.ts';
import { StructPages } from '../src/pages/struct-pages/struct-pages.ts';
import type { PagesReport } from '../src/report/pages-report.ts';
import type { UsageReport } from '../src/report/usage-report.ts';
import { ChangedDump } from './support/changed-dump.ts';
import { faultyDisk } from './support/faulty-disk.ts';
import { TYPED } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { saidIn } from './support/said.ts';

/**
 * File offset of the vmemmap page with the struct page of the first block of `pages` pages that a rule
 * decides.
 */
function placeOfHead(dump: ChangedDump, rule: Rule, pages: number): number {
  const { kernel } = dump.typed;
  const structPages = new StructPages(kernel);
  const keys = pageKeys(kernel.info);
  for (const { pfn, count } of runsOf(pfnRanges(kernel.image.memory.described()))) {
    if (structPages.readRun(pfn, count).absent) continue;
    const { words } = structPages;
    for (let n = (-pfn & (pages - 1)) >>> 0; n < count; n += pages) {
      const i = n * keys.stride;
      const order = rule === Rule.buddy ? words[i + keys.private] : compoundOrder(words, i, pfn + n, keys);
      const facts = factsOf(words, i, keys);
      // Huge pages of hugetlbfs may be anonymous, too.
      if (ruleOf(facts) !== rule || (facts & PageFact.hugetlb) !== 0 || 2 ** (order ?? 0) !== pages) continue;
      const address = structPages.addressOf(pfn + n) ?? 0n;
      return dump.word(address - (address % 4096n), 0n).at;
    }
  }
  throw new Error('there is no such block');
}

async function ask<T>(
  path: string,
  place: number,
  ...command: string[]
): Promise<{ status: number; report: T; err: string }> {
  const { release } = faultyDisk(path, { bad: { start: place, end: place + 4096 } });
  try {
    const ran = await runMain([...command, path, '--json']);
    return { status: ran.status ?? -1, report: JSON.parse(ran.stdout) as T, err: saidIn(ran) };
  } finally {
    release();
  }
}

const UNKNOWN = 'they may belong to free blocks or compounds whose struct pages are not in the dump';

describe.each(TYPED)('a block of %s whose head is on a bad sector', (name) => {
  const dump = new ChangedDump(name);

  test.each([
    ['free', Rule.buddy, 1024],
    ['anonymous', Rule.anonymous, 512],
  ] as const)('is completely of unknown use, and of unknown class: %s memory', async (use, rule, pages) => {
    const place = placeOfHead(dump, rule, pages);
    const whole = JSON.parse((await dump.ask(['usage'])).out) as UsageReport;
    const { status, report, err } = await ask<UsageReport>(dump.path, place, 'usage');
    expect([status, report.complete]).toEqual([3, false]);
    const rowOf = ({ types }: UsageReport, type: string) => types?.find((row) => row.type === type);
    expect(rowOf(report, 'unreadable')?.pages).toBe(pages);
    expect(rowOf(report, use)).toMatchObject({
      pages: null,
      atLeast: { pages: (rowOf(whole, use)?.pages ?? 0) - pages },
    });
    expect(rowOf(report, 'notAttributed')?.pages).toBeNull();
    const lost = pages - 4096 / (dump.typed.kernel.info.size('page') ?? 64);
    expect(err).toContain(`${lost} pages are of unknown use: ${UNKNOWN}`);
    const classes = await ask<PagesReport>(dump.path, place, 'pages');
    expect(classes.err).toContain(`${lost} pages cannot be classified: ${UNKNOWN}`);
  });
});
