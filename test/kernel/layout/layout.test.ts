import { describe, expect, test } from 'vitest';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { imageSymbols, kernelWithSymbols, stextOf, VMALLOC_BASE } from '../../builders/kallsyms.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan } from '../../builders/kernel.ts';

const KASLR: KernelPlan = { kernelOffset: 0x1e00_0000n, physBase: -0x1c00_0000n };
const VMEMMAP = 0xffff_e123_4000_0000n;
const layoutOf = (plan: KernelPlan) => findLayout(new BuiltKernel(plan).open());
const hex = (n: bigint) => n.toString(16);

describe('vmemmap', () => {
  test('is SYMBOL(vmemmap), the address of struct page 0 itself', () => {
    const { vmemmap } = layoutOf({ vmemmap: VMEMMAP, keys: { 'SYMBOL(vmemmap)': hex(VMEMMAP) } });
    expect(vmemmap).toMatchObject({ value: VMEMMAP, source: 'vmcoreinfo' });
    expect(vmemmap.candidates.find((c) => c.source === 'mem-section')?.verdict).toBe('agrees');
  });

  test('is the variable vmemmap_base if VMCOREINFO lacks it', () => {
    const { vmemmap } = findLayout(kernelWithSymbols({ vmemmap: VMEMMAP }).open());
    expect(vmemmap).toMatchObject({ value: VMEMMAP, source: 'kallsyms' });
  });

  test('is decoded from the section table without either', () => {
    const { vmemmap } = layoutOf({ vmemmap: VMEMMAP });
    expect(vmemmap).toMatchObject({ value: VMEMMAP, source: 'mem-section' });
  });

  test('is not a value that the section table contradicts', () => {
    const { vmemmap } = layoutOf({ vmemmap: VMEMMAP, keys: { 'SYMBOL(vmemmap)': hex(VMEMMAP + 0x1000n) } });
    expect(vmemmap).toMatchObject({ value: VMEMMAP, source: 'mem-section' });
    expect(vmemmap.candidates[0]).toMatchObject({ source: 'vmcoreinfo', verdict: 'refuted' });
  });

  test('is SYMBOL(vmemmap) if there is no section table to contradict it', () => {
    const keys = { 'SYMBOL(vmemmap)': hex(VMEMMAP), 'SYMBOL(mem_section)': null };
    const { vmemmap } = layoutOf({ vmemmap: VMEMMAP, keys });
    expect(vmemmap).toMatchObject({ value: VMEMMAP, source: 'vmcoreinfo' });
  });
});

describe('the slide of the image', () => {
  test('is KERNELOFFSET', () => {
    const { kernelOffset } = layoutOf(KASLR);
    expect(kernelOffset).toMatchObject({ value: 0x1e00_0000n, source: 'vmcoreinfo' });
    expect(kernelOffset.candidates.map((c) => c.verdict)).toEqual(['believed', 'agrees']);
  });

  test('is 0 without KASLR', () => {
    expect(layoutOf({}).kernelOffset).toMatchObject({ value: 0n, source: 'vmcoreinfo' });
  });

  test('is computed from _stext if KERNELOFFSET is missing', () => {
    const { kernelOffset } = layoutOf({ ...KASLR, keys: { KERNELOFFSET: null } });
    expect(kernelOffset).toMatchObject({ value: 0x1e00_0000n, source: 'stext' });
  });

  test('is unknown if KERNELOFFSET and _stext contradict each other', () => {
    const { kernelOffset } = layoutOf({ ...KASLR, keys: { KERNELOFFSET: '2e000000' } });
    expect(kernelOffset.value).toBeNull();
    expect(kernelOffset.candidates.map((c) => [c.value, c.verdict])).toEqual([
      [0x2e00_0000n, 'refuted'],
      [0x1e00_0000n, 'refuted'],
    ]);
  });
});

describe('the slide of an image that is not linked to 16 MiB (PHYSICAL_START)', () => {
  /** _stext of an image linked to 2 MiB and moved by 28 MiB is where one linked to 16 MiB moved by 14 is. */
  const moved: KernelPlan = { kernelOffset: 0xe0_0000n, keys: { KERNELOFFSET: '1c00000' } };
  const BOOT_PARAMS = 0x10_0000;
  const layoutWith = (header: string, prefAddress: bigint) => {
    const stext = stextOf(moved);
    const bootParams = { type: 'B', name: 'boot_params', address: stext + BigInt(BOOT_PARAMS) };
    const symbols = [...imageSymbols(stext), bootParams].sort((a, b) => (a.address < b.address ? -1 : 1));
    const built = kernelWithSymbols(moved, { symbols });
    built.memory.write(built.imageAt + BOOT_PARAMS + 0x202, Buffer.from(header));
    built.memory.writeU64(built.imageAt + BOOT_PARAMS + 0x258, prefAddress);
    return findLayout(built.open());
  };

  test('is what both say by the link address in the setup header', () => {
    const { kernelOffset } = layoutWith('HdrS', 0x20_0000n);
    expect(kernelOffset).toMatchObject({ value: 0x1c0_0000n, source: 'vmcoreinfo' });
    expect(kernelOffset.candidates.map((c) => c.verdict)).toEqual(['believed', 'agrees']);
    expect(kernelOffset.candidates[1]?.reason).toContain('pref_address');
  });

  test.each([
    ['another address', 'HdrS', 0x40_0000n],
    ['none (PVH)', 'HdrS', 0n],
    ['no magic number', '\0\0\0\0', 0x20_0000n],
  ])('is unknown if the header has %s', (_, header, prefAddress) => {
    expect(layoutWith(header, prefAddress).kernelOffset.value).toBeNull();
  });
});

test.each(['9', '3072', '4503599627370496'])('the mask %s does not mean memory encryption', (mask) => {
  const { smeMask } = layoutOf({ keys: { 'NUMBER(sme_mask)': mask } });
  expect(smeMask.value).toBeNull();
  expect(smeMask.candidates).toMatchObject([{ value: BigInt(mask), verdict: 'refuted' }]);
});

describe('the start of vmalloc', () => {
  test('is NUMBER(VMALLOC_START), which is written with 0x', () => {
    const { vmallocStart } = layoutOf({ keys: { 'NUMBER(VMALLOC_START)': '0xffffc90000000000' } });
    expect(vmallocStart).toMatchObject({ value: 0xffff_c900_0000_0000n, source: 'vmcoreinfo' });
  });

  test('is the variable vmalloc_base without the key', () => {
    const { vmallocStart } = findLayout(kernelWithSymbols().open());
    expect(vmallocStart).toMatchObject({ value: VMALLOC_BASE, source: 'kallsyms' });
  });

  test('is the GiB of the first area of vmap_area_list up to 6.8', () => {
    const list = 0x8000;
    const keys = {
      'SYMBOL(vmap_area_list)': hex(new BuiltKernel().inImage(list)),
      'OFFSET(vmap_area.va_start)': '0',
      'OFFSET(vmap_area.list)': '40',
    };
    const built = new BuiltKernel({ keys });
    const area = built.allocate(64);
    built.memory.writeU64(built.imageAt + list, built.direct(area + 40));
    built.memory.writeU64(area, 0xffff_b5c0_0000_4000n);
    expect(findLayout(built.open()).vmallocStart).toMatchObject({
      value: 0xffff_b5c0_0000_0000n,
      source: 'vmap-area-list',
    });
  });

  test('is unknown if no method finds it', () => {
    const { vmallocStart } = layoutOf({});
    expect(vmallocStart).toMatchObject({ value: null, source: null });
    expect(vmallocStart.candidates.map((c) => c.verdict)).toEqual([
      'unavailable',
      'unavailable',
      'unavailable',
    ]);
  });
});

describe('the rest of a layout', () => {
  test('comes from the opened kernel', () => {
    const built = new BuiltKernel({ ...KASLR, levels: 5 });
    const layout = findLayout(built.open());
    expect(layout.physBase.value).toBe(-0x1c00_0000n);
    expect(layout.pagingLevels).toBe(5);
    expect(layout.pageTableRoot.value).toBe(BigInt(built.imageAt + IN_IMAGE.root));
  });

  test('describes the symbol table, and how its addresses were verified', () => {
    const { kallsyms } = findLayout(kernelWithSymbols({}, { form: 'place-relative' }).open());
    expect(kallsyms).toMatchObject({ symbols: 10, form: 'place-relative' });
  });

  test('reports why there is no symbol table, and goes on', () => {
    const layout = layoutOf({ keys: { 'SYMBOL(kallsyms_names)': 'ffffffffa0000000' } });
    expect(layout.kallsyms).toMatchObject({ unavailable: expect.stringContaining('kallsyms_num_syms') });
    expect(layout.pageOffset.value).toBe(0xffff_8880_0000_0000n);
  });
});
