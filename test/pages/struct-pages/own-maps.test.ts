import { describe, expect, test } from 'vitest';
import { placeKeys } from '../../../src/pages/attribution/page-places.ts';
import { takeCompatCensus } from '../../../src/pages/census/compat.ts';
import { headOf } from '../../../src/pages/details/head.ts';
import { explainPage } from '../../../src/pages/explain/explain.ts';
import { censusOf, countsWith } from '../../builders/census.ts';
import { type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';
import { kernelWithZones, type ZonePlan } from '../../builders/kernel-zones.ts';
import {
  ANON_MAPPING,
  buddy,
  compound,
  FILE_MAPPING,
  hugetlb,
  type PageSpec,
} from '../../builders/struct-page.ts';

/** Without SPARSEMEM_VMEMMAP each section has its struct pages in the direct map. */
const MIB = 2 ** 20;
const MAPS = { 0: 48 * MIB, 2: 32 * MIB, 3: 40 * MIB };
const FIRST = 2 * PAGES_PER_SECTION;
/** The last 512 pages of section 2 and the first of section 3. */
const BORDER = 3 * PAGES_PER_SECTION;
const RAM = [pfns(FIRST, 256), pfns(BORDER - 512, 1024)];
const NORMAL: ZonePlan = { name: 'Normal', start: FIRST, spanned: 2 * PAGES_PER_SECTION };

const kernelOf = (pages: Iterable<readonly [number, PageSpec]>, plan: KernelPlan = {}, nodes = [[NORMAL]]) =>
  kernelWithZones({ ram: RAM, pages, sections: { maps: MAPS }, ...plan }, { nodes });

describe('struct pages of sections with their own', () => {
  test.each(Object.entries(SHAPES))('are counted by class: %s', (_, shape) => {
    const built = kernelOf(
      [
        ...buddy(FIRST, 4),
        [FIRST + 16, { flags: ['lru'], mapping: FILE_MAPPING }],
        [FIRST + 17, { flags: ['lru', 'private'], mapping: FILE_MAPPING }],
        ...compound(FIRST + 32, 3, { flags: ['lru', 'swapbacked'], mapping: ANON_MAPPING }),
        ...hugetlb(shape, BORDER, 9),
      ],
      { shape },
    );
    const tested = { free: 16, nonPrivateCache: 1, privateCache: 1, user: 8 + 512 };
    const zero = 256 + 1024 - 16 - 2 - 8 - 512;
    expect(censusOf(built.open()).counts).toEqual(countsWith(built, { ...tested, zero }));
    expect(takeCompatCensus(built.open()).counts).toMatchObject(tested);
  });

  test('have the node below the number of the section', () => {
    // 6 bits of node (64 nodes), below 19 bits of section: node 1 is bit 7 of the upper word.
    const node1: PageSpec = { type: 'buddy', private: 1n, flagsHigh: 1 << 7 };
    const built = kernelOf([...buddy(FIRST, 3), [FIRST + 8, node1]], {}, [[NORMAL], [NORMAL]]);
    expect(censusOf(built.open()).freeCheck).toMatchObject({ zones: [{ counted: 8 }, { counted: 2 }] });
  });

  test('have the zone below the node', () => {
    const { shift, mask } = placeKeys({ section: 19, node: 6, zone: 2, zones: 4 });
    // Section 3, node 5, zone 2.
    const flagsHigh = (3 << 13) | (5 << 7) | (2 << 5) | 0x1f;
    expect((flagsHigh >>> shift) & mask).toBe((5 << 2) | 2);
  });

  test('have heads in another section, whose struct pages lie elsewhere', () => {
    const head = BORDER - 2;
    const pages: [number, PageSpec][] = [[head, { flags: ['head'] }]];
    const built = kernelOf([...pages, [BORDER + 1, { tail: true }]]);
    const page = explainPage(built.open(), BORDER + 1);
    if (!page.structPage) throw new Error('no struct page');
    const compound = built.structPageAt(head) | 1n;
    expect(
      headOf(built.open(), { ...page, decidedBy: null, structPage: { ...page.structPage, compound } }),
    ).toBe(head);
  });

  test('that are damaged leave their section unknown, and the rest counted', () => {
    const built = kernelOf(buddy(FIRST, 4));
    const roots = Number((built.open().info.symbol('mem_section') ?? 0n) - built.pageOffset);
    const entries = Number(built.memory.peekU64(roots) - built.pageOffset);
    const entry = entries + 3 * 16;
    built.memory.writeU64(entry, built.memory.peekU64(entry) ^ (1n << 40n));
    const census = censusOf(built.open());
    expect(census.counts.free).toBe(16);
    expect([...census.unclassified]).toEqual([[expect.stringContaining('struct pages are'), 512]]);
  });
});
