import { describe, expect, test } from 'vitest';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { regionOf } from '../../../src/kernel/layout/regions.ts';
import { openMemSections } from '../../../src/kernel/sparsemem/mem-section.ts';
import { flagsLayout } from '../../../src/kernel/sparsemem/page-flags-layout.ts';
import { failureOf } from '../../builders/failure.ts';
import { imageSymbols, kernelWithSymbols, stextOf } from '../../builders/kallsyms.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan, PAGES_PER_SECTION, pfns } from '../../builders/kernel.ts';

const MIB = 2 ** 20;
/** Where a kernel without KASLR has its vmemmap. */
const BASE = 0xffff_ea00_0000_0000n;
/** Sections 0 (the arena, the image and all maps), 16 and 17. */
const RAM = [pfns(16 * PAGES_PER_SECTION, 64), pfns(17 * PAGES_PER_SECTION, 64)];
/**
 * The maps of sections 16 and 17 follow one another, so both imply the same struct page 0, and at the start of
 * the direct map, which is aligned as a vmemmap is.
 */
const MAPS = { 0: 48 * MIB, 16: 32 * MIB, 17: 34 * MIB };

const builtWith = (plan: KernelPlan = {}) =>
  new BuiltKernel({ ram: RAM, ...plan, sections: { maps: MAPS, ...plan.sections } });

describe('sections with struct pages of their own (SPARSEMEM_VMEMMAP=n)', () => {
  test.each(['extreme', 'pointer'] as const)('have them where each entry says, by %s', (form) => {
    const built = builtWith({ sections: { form } });
    const sections = openMemSections(built.open());
    expect(sections.hasVmemmap).toBe(false);
    for (const [section, map] of Object.entries(MAPS))
      expect(sections.memMapOf(Number(section))).toBe(built.direct(map));
    expect(sections.structPageOf(17 * PAGES_PER_SECTION + 3)).toBe(built.direct(34 * MIB + 3 * 64));
    expect(sections.structPageOf(PAGES_PER_SECTION)).toBeNull();
  });

  test('name themselves in the top bits of page.flags, above the node', () => {
    expect(flagsLayout(builtWith().open())).toEqual({ section: 19, node: 0 });
    const keys = { 'SYMBOL(node_data)': '0', 'LENGTH(node_data)': '64' };
    expect(flagsLayout(builtWith({ keys }).open())).toEqual({ section: 19, node: 6 });
  });

  test('have the pfn of each struct page', () => {
    const built = builtWith();
    const sections = openMemSections(built.open());
    for (const pfn of [1, PAGES_PER_SECTION - 1, 16 * PAGES_PER_SECTION, 17 * PAGES_PER_SECTION + 77])
      expect(sections.pfnOf(built.structPageAt(pfn)), `pfn ${pfn}`).toBe(pfn);
  });

  test('have no pfn for what is not a struct page', () => {
    const built = builtWith();
    const sections = openMemSections(built.open());
    const inside = built.structPageAt(16 * PAGES_PER_SECTION) + 8n;
    for (const address of [inside, built.direct(0x10_0000), 0xffff_a000_0000_0000n, 0n])
      expect(sections.pfnOf(address), `${address}`).toBeNull();
  });

  test.each([
    ['to nothing', 1n << 40n, 'not mapped'],
    ['to those of another section', BigInt(MAPS[0] - MAPS[16]), 'those of section 16'],
  ])('are corrupt if the entry leads %s, and the others hold', (_, less, reason) => {
    const built = builtWith();
    const roots = Number((built.open().info.symbol('mem_section') ?? 0n) - built.pageOffset);
    const first = Number(built.memory.peekU64(roots) - built.pageOffset);
    built.memory.writeU64(first, built.memory.peekU64(first) - less);
    const sections = openMemSections(built.open());
    const failure = failureOf(() => sections.memMapOf(0));
    expect(failure).toMatchObject({ kind: 'corrupt' });
    expect(failure.message).toContain(reason);
    expect(sections.firstMemMap()).toMatchObject({ section: 16, memMap: built.direct(MAPS[16]) });
    expect(sections.memMapOf(17)).toBe(built.direct(MAPS[17]));
  });

  test('make a kernel without a vmemmap', () => {
    const layout = findLayout(builtWith({ keys: { 'NUMBER(VMALLOC_START)': '0xffffc90000000000' } }).open());
    expect(layout.vmemmap).toMatchObject({ value: null, source: null });
    expect(layout.vmemmap.candidates).toMatchObject([
      { verdict: 'unavailable', reason: expect.stringContaining('SPARSEMEM_VMEMMAP=n') },
    ]);
    expect(regionOf(0xffff_e8ff_ffff_ffffn, layout)).toBe('vmalloc');
    expect(regionOf(0xffff_e900_0000_0000n, layout)).toBe('unknown');
  });

  test.each([
    [[], null],
    [[{ type: 't', name: 'vmemmap_populate', address: stextOf({}) + 0x150n }], BASE],
  ])('show by vmemmap_populate what they are if they cannot be read', (further, vmemmap) => {
    const symbols = [...imageSymbols(stextOf({})), ...further].sort((a, b) =>
      a.address < b.address ? -1 : 1,
    );
    const keys = { 'SYMBOL(mem_section)': 'ffffa00000000000' };
    expect(findLayout(kernelWithSymbols({ keys }, { symbols }).open()).vmemmap.value).toBe(vmemmap);
  });

  test('refute the variable vmemmap_base, which a kernel with RANDOMIZE_MEMORY has all the same', () => {
    const built = kernelWithSymbols({ ram: RAM, sections: { maps: MAPS } });
    const { vmemmap } = findLayout(built.open());
    expect(vmemmap.value).toBeNull();
    expect(vmemmap.candidates.map(({ verdict }) => verdict)).toEqual(['unavailable']);
  });
});

describe('sections that share the vmemmap', () => {
  test('take no bits of page.flags, and have the pfn of each struct page', () => {
    const built = new BuiltKernel({ ram: RAM });
    const sections = openMemSections(built.open());
    expect(sections).toMatchObject({ hasVmemmap: true, flagBits: 0 });
    expect(sections.pfnOf(built.structPageAt(17 * PAGES_PER_SECTION + 5))).toBe(17 * PAGES_PER_SECTION + 5);
    for (const address of [built.structPageAt(PAGES_PER_SECTION), built.structPageAt(5) + 8n, 0n])
      expect(sections.pfnOf(address), `${address}`).toBeNull();
  });

  test('do so where there is but one section', () => {
    expect(openMemSections(new BuiltKernel().open()).hasVmemmap).toBe(true);
  });
});

describe('a memory model that x86_64 cannot be configured to', () => {
  const failureWith = (plan: KernelPlan) => failureOf(() => openMemSections(new BuiltKernel(plan).open()));
  const node = { 'SYMBOL(mem_section)': null, 'OFFSET(pglist_data.node_mem_map)': '8' };

  test('is refused by name: SPARSEMEM without SPARSEMEM_EXTREME', () => {
    const failure = failureWith({ sections: { form: 'static' } });
    expect(failure).toMatchObject({ kind: 'unsupported', facts: { key: 'LENGTH(mem_section)' } });
    expect(failure.message).toContain('SPARSEMEM_EXTREME');
  });

  test.each([
    ['FLATMEM', { ...node, 'SYMBOL(contig_page_data)': 'ffffffff81000000' }],
    ['DISCONTIGMEM', { ...node, 'SYMBOL(node_data)': 'ffffffff81000000' }],
  ])('is refused by name: %s', (model, keys) => {
    const failure = failureWith({ keys });
    expect(failure).toMatchObject({ kind: 'unsupported', facts: { key: 'SYMBOL(mem_section)' } });
    expect(failure.message).toContain(`${model}:`);
  });

  test('is not FLATMEM because of SYMBOL(mem_map), which every kernel without NUMA has', () => {
    const keys = { 'SYMBOL(mem_map)': new BuiltKernel().inImage(IN_IMAGE.variables).toString(16) };
    expect(openMemSections(new BuiltKernel({ keys }).open()).hasVmemmap).toBe(true);
  });
});
