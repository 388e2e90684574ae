import { beforeAll, describe, expect, it } from 'vitest';
import { openImage } from '../src/formats/open.ts';
import { openKernel } from '../src/kernel/open/kernel.ts';
import { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import { type PageDetails, pageDetails } from '../src/pages/details/details.ts';
import type { PageOwner } from '../src/pages/details/owner.ts';
import { explainPage } from '../src/pages/explain/explain.ts';
import type { PageReport } from '../src/report/page-report.ts';
import { dumpOf } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { samplePfns } from './support/sample-pages.ts';
import { violations } from './support/schema.ts';

interface Sampled extends PageDetails {
  readonly pfn: number;
  readonly rule: string;
}

type Owned<K extends PageOwner['kind']> = Sampled & { readonly of: PageOwner & { readonly kind: K } };

describe.each([
  ['linux-5.10', 91],
  ['linux-7.3-5level', 110],
] as const)('pages of %s', (name, workload) => {
  const pages: Sampled[] = [];
  let typed: TypedKernel;

  function owned<K extends PageOwner['kind']>(...kinds: readonly K[]): Owned<K>[] {
    return pages.flatMap((page) => {
      const of = 'value' in page.owner ? page.owner.value : null;
      return of && (kinds as readonly string[]).includes(of.kind) ? [{ ...page, of } as Owned<K>] : [];
    });
  }

  beforeAll(async () => {
    const kernel = openKernel(await openImage([dumpOf(name)]));
    typed = new TypedKernel(kernel);
    for (const pfn of samplePfns(kernel.image.memory)) {
      const explained = explainPage(kernel, pfn);
      const details = pageDetails(typed, explained, null);
      if (details) pages.push({ ...details, pfn, rule: explained.rule });
    }
  }, 60_000);

  it('of every kind have owners', () => {
    const kinds = [
      'slab',
      'shmem',
      'anonymous',
      'hugetlb',
      'vmalloc',
      'free',
      'kernelImage',
      'memmap',
    ] as const;
    for (const kind of kinds) expect(owned(kind).length, kind).toBeGreaterThan(0);
    expect(pages.filter(({ owner }) => 'missing' in owner)).toEqual([]);
  });

  it('lie in the span of the zone that their flags name', () => {
    expect(pages.filter(({ place }) => !('value' in place) || !place.value?.inSpan)).toEqual([]);
    const zones = new Set(pages.map(({ place }) => ('value' in place ? place.value?.zone : '')));
    expect([...zones].sort()).toEqual(['DMA', 'DMA32']);
  });

  it('are mapped as often as the kernel counted', () => {
    const mapped = owned('anonymous', 'shmem').map(({ of, head, mapcounts }) => {
      const { compound } = mapcounts;
      const counted =
        head.order === 0 ? mapcounts.page : (compound._entire_mapcount ?? compound.compound_mapcount);
      return { counted, found: of.mapped?.count };
    });
    expect(mapped.filter(({ counted }) => counted === 1).length).toBeGreaterThan(50);
    expect(mapped.filter(({ counted, found }) => counted !== found)).toEqual([]);
  });

  it('are the workload’s if they are huge and hold its memory', () => {
    for (const { of, head } of owned('hugetlb')) {
      expect(head.order).toBe(9);
      expect(of).toMatchObject({ size: 2 << 20, free: false });
      expect(of.mapped?.mappers.map(({ pid, comm }) => [pid, comm])).toEqual([[workload, 'workload']]);
    }
  });

  it('lie inside their files', () => {
    for (const { of } of owned('shmem')) {
      expect(of.offset % 4096n).toBe(0n);
      expect(of.offset).toBeLessThan(of.file.size);
      expect(of.file.path).toMatch(/^\/\w/);
    }
  });

  it('have the flags that their use requires', () => {
    for (const { use, flagNames, pfn, head } of pages) {
      if (use === 'reserved') expect(flagNames, `${pfn}`).toContain('PG_reserved');
      if (use === 'shmem')
        expect(flagNames, `${pfn}`).toEqual(expect.arrayContaining(['PG_swapbacked', 'PG_uptodate']));
      if (use === 'free' && head.pfn === pfn) expect(flagNames, `${pfn}`).not.toContain('PG_lru');
    }
  });

  it('belong to slabs with objects that fit', () => {
    for (const { of, head } of owned('slab')) {
      expect(of.objects * of.cache.size).toBeLessThanOrEqual(4096 * 2 ** head.order);
      expect(of.inUse).toBeLessThanOrEqual(of.objects);
      expect(of.object).toBeNull();
      expect(of.cache.name).toMatch(/^[\w:-]+$/);
    }
  });

  it('agree with the rule that decided their class', () => {
    const rules: Record<string, string> = { anonymous: 'anonymous', shmem: 'cache', free: 'buddy' };
    for (const { use, rule } of pages) if (rules[use]) expect(rule).toBe(rules[use]);
  });

  it('are shown on the command line, with the object that contains an address', async () => {
    const slab = owned('slab')[0] as Owned<'slab'>;
    const second = slab.head.pfn * 4096 + slab.of.cache.size + 3;
    const report = await json(`0x${second.toString(16)}`);
    expect(report.details?.owner).toMatchObject({
      kind: 'slab',
      cache: { name: slab.of.cache.name, size: slab.of.cache.size },
      objects: slab.of.objects,
    });
    expect(report.structPage?.pageType === 'slab' || report.structPage?.flagNames.includes('PG_slab')).toBe(
      true,
    );
    const text = (await runMain(['page', dumpOf(name), String(slab.pfn)])).stdout;
    expect(text).toMatch(new RegExp(`^ {2}owner +slab cache ${slab.of.cache.name}, objects of`, 'm'));
    expect(text).toMatch(/^ {2}zone +node 0 DMA/m);
  });

  async function json(page: string): Promise<PageReport> {
    const { status, stdout, stderr } = await runMain(['page', dumpOf(name), page, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout) as PageReport;
    expect(violations('page', report)).toEqual([]);
    return report;
  }
});
