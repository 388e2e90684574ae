import { describe, expect, test } from 'vitest';
import { findLayout, type KernelLayout } from '../../../src/kernel/layout/layout.ts';
import { kernelWithSymbols, VARIABLES } from '../../builders/kallsyms.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan, segment } from '../../builders/kernel.ts';
import { KIB4, MIB2 } from '../../builders/page-tables.ts';

/** The base of a direct map that KASLR moved; KASLR aligns it to 1 GiB. */
const MOVED = 0xffff_9a12_4000_0000n;
const KASLR: KernelPlan = { pageOffset: MOVED, kernelOffset: 0x1e00_0000n, physBase: -0x1c00_0000n };
/** No pointer into the direct map in VMCOREINFO, and no LOADs: only the page tables remain. */
const BARE: KernelPlan = { sections: { form: 'pointer' }, segments: [] };

const candidate = ({ pageOffset }: KernelLayout, source: string) =>
  pageOffset.candidates.find((c) => c.source === source);
const layoutOf = (plan: KernelPlan, given?: bigint) => findLayout(new BuiltKernel(plan).open(), given);

/** An address as VMCOREINFO_NUMBER prints it, with %ld. */
const signed = (address: bigint) => `${BigInt.asIntN(64, address)}`;

describe('page_offset by one method alone', () => {
  test('NUMBER(page_offset_base), which %ld prints as a negative number', () => {
    const keys = { 'NUMBER(page_offset_base)': signed(MOVED) };
    const { pageOffset } = layoutOf({ ...KASLR, ...BARE, keys });
    expect(pageOffset).toMatchObject({ value: MOVED, source: 'vmcoreinfo' });
  });

  test('SYMBOL(page_offset_base), read from memory', () => {
    const built = new BuiltKernel({ ...KASLR, ...BARE });
    const at = IN_IMAGE.variables + VARIABLES.page_offset_base;
    const keys = { 'SYMBOL(page_offset_base)': built.inImage(at).toString(16) };
    const again = new BuiltKernel({ ...KASLR, ...BARE, keys });
    again.memory.writeU64(again.imageAt + at, MOVED);
    expect(findLayout(again.open()).pageOffset).toMatchObject({ value: MOVED, source: 'vmcoreinfo' });
  });

  test("the symbol table's page_offset_base", () => {
    const kernel = kernelWithSymbols({ ...KASLR, ...BARE }).open();
    expect(findLayout(kernel).pageOffset).toMatchObject({ value: MOVED, source: 'kallsyms' });
  });

  test('SYMBOL(mem_section), a pointer into the direct map', () => {
    const { pageOffset } = layoutOf({ ...KASLR, segments: [] });
    expect(pageOffset).toMatchObject({ value: MOVED, source: 'direct-map-pointer' });
  });

  test('node_data[0] if mem_section is in the image', () => {
    const at = new BuiltKernel(KASLR).inImage(IN_IMAGE.nodeData).toString(16);
    const built = new BuiltKernel({ ...KASLR, ...BARE, keys: { 'SYMBOL(node_data)': at } });
    built.memory.writeU64(built.imageAt + IN_IMAGE.nodeData, built.direct(0x10_2340));
    expect(findLayout(built.open()).pageOffset).toMatchObject({ value: MOVED, source: 'direct-map-pointer' });
  });

  test('the LOADs of RAM', () => {
    const { pageOffset } = layoutOf({ ...KASLR, sections: { form: 'pointer' } });
    expect(pageOffset).toMatchObject({ value: MOVED, source: 'pt-load' });
  });

  test.each([
    [4, MOVED],
    [5, 0xff23_4567_4000_0000n],
  ] as const)('the page tables (%d levels)', (levels, value) => {
    const { pageOffset } = layoutOf({ ...KASLR, ...BARE, levels, pageOffset: value });
    expect(pageOffset).toMatchObject({ value, source: 'page-tables' });
  });

  test('the page tables, past pages whose distance to their physical ones is not a multiple of 1 GiB', () => {
    const built = new BuiltKernel({ ...KASLR, ...BARE });
    built.tables.map(0xffff_8800_0000_3000n, 0x10_0000);
    expect(findLayout(built.open()).pageOffset).toMatchObject({ value: MOVED, source: 'page-tables' });
  });

  test('the page tables, with memory encryption', () => {
    const { pageOffset } = layoutOf({ ...KASLR, ...BARE, smeMask: 1n << 47n });
    expect(pageOffset).toMatchObject({ value: MOVED, source: 'page-tables' });
  });

  test.each([
    [4, 0xffff_8880_0000_0000n],
    [4, 0xffff_8800_0000_0000n],
    [5, 0xff11_0000_0000_0000n],
    [5, 0xff10_0000_0000_0000n],
  ] as const)(
    'the constant (%d levels), if a stray page misleads the search of the page tables',
    (levels, value) => {
      const built = new BuiltKernel({ ...BARE, levels, pageOffset: value });
      // The first page of the kernel half, a whole number of GiB above physical 0, but not the direct map.
      built.tables.map(levels === 4 ? 0xffff_8000_0000_0000n : 0xff00_0000_0000_0000n, 0);
      const layout = findLayout(built.open());
      expect(layout.pageOffset).toMatchObject({ value, source: 'constant' });
      expect(candidate(layout, 'page-tables')).toMatchObject({ verdict: 'refuted' });
    },
  );
});

describe('the constant', () => {
  test('is not used under KASLR', () => {
    const layout = layoutOf({ ...KASLR, pageOffset: 0xffff_8880_0000_0000n });
    expect(candidate(layout, 'constant')).toMatchObject({ value: null, verdict: 'unavailable' });
  });

  test('is not used unless KERNELOFFSET shows that KASLR is off', () => {
    const layout = layoutOf({ keys: { KERNELOFFSET: null } });
    expect(candidate(layout, 'constant')).toMatchObject({ value: null, verdict: 'unavailable' });
  });

  test('agrees if nothing was moved', () => {
    expect(candidate(layoutOf({}), 'constant')).toMatchObject({ verdict: 'agrees' });
  });
});

describe('methods that disagree', () => {
  test('keep their verdicts side by side', () => {
    const keys = { 'NUMBER(page_offset_base)': signed(MOVED + (1n << 30n)) };
    const { pageOffset } = layoutOf({ ...KASLR, keys });
    expect(pageOffset.candidates.map((c) => [c.source, c.verdict])).toEqual([
      ['vmcoreinfo', 'refuted'],
      ['kallsyms', 'unavailable'],
      ['direct-map-pointer', 'believed'],
      ['pt-load', 'agrees'],
      ['page-tables', 'agrees'],
      ['constant', 'unavailable'],
    ]);
  });

  test('prefer NUMBER(page_offset_base)', () => {
    const kernel = kernelWithSymbols({
      ...KASLR,
      keys: { 'NUMBER(page_offset_base)': signed(MOVED) },
    }).open();
    const { pageOffset } = findLayout(kernel);
    expect(pageOffset.source).toBe('vmcoreinfo');
    expect(pageOffset.candidates.find((c) => c.source === 'kallsyms')?.verdict).toBe('agrees');
  });

  test.each([0xffff_8800_0000_0000n, 0xffff_8880_0000_0000n])(
    'refute LOADs in which an old kexec wrote 0x%s for all kernels',
    (fixed) => {
      const segments = [{ start: 0x1000, end: MIB2 }].map((r) => segment(fixed + BigInt(r.start), r));
      const layout = layoutOf({ ...KASLR, segments });
      expect(layout.pageOffset).toMatchObject({ value: MOVED, source: 'direct-map-pointer' });
      expect(candidate(layout, 'pt-load')).toMatchObject({ value: fixed, verdict: 'refuted' });
    },
  );

  test('ignore LOADs whose p_vaddr is p_paddr, as QEMU writes them', () => {
    const segments = [segment(0x1000n, { start: 0x1000, end: MIB2 })];
    const layout = layoutOf({ ...KASLR, segments });
    expect(candidate(layout, 'pt-load')).toMatchObject({ value: null, verdict: 'unavailable' });
    expect(layout.pageOffset.value).toBe(MOVED);
  });

  test('ignore the LOAD of the image, and LOADs that lack an address', () => {
    const ram = { start: 0x1000, end: MIB2 };
    const segments = [segment(null, ram), { ...segment(0xffff_c900_0000_0000n, ram), physical: null }];
    const layout = layoutOf({ ...KASLR, segments: [...segments, segment(0xffff_ffff_9f00_0000n, ram)] });
    expect(candidate(layout, 'pt-load')).toMatchObject({ value: null, verdict: 'unavailable' });
  });

  test('use the value that most of the RAM has if LOADs differ', () => {
    const small = { start: 0x1000, end: 0x2000 };
    const large = { start: 0x10_0000, end: MIB2 };
    const segments = [segment(0xffff_8888_0000_1000n, small), segment(MOVED + 0x10_0000n, large)];
    const found = candidate(layoutOf({ ...KASLR, segments }), 'pt-load');
    expect(found).toMatchObject({ value: MOVED, verdict: 'agrees' });
    expect(found?.reason).toContain('0xffff888800000000');
  });

  test('survive a NUMBER(page_offset_base) that is not a number', () => {
    const layout = layoutOf({ ...KASLR, keys: { 'NUMBER(page_offset_base)': 'what' } });
    expect(candidate(layout, 'vmcoreinfo')).toMatchObject({ value: null, verdict: 'unavailable' });
    expect(layout.pageOffset).toMatchObject({ value: MOVED, source: 'direct-map-pointer' });
  });
});

describe('what the user gave', () => {
  test('is believed first, and the others agree', () => {
    const { pageOffset } = layoutOf(KASLR, MOVED);
    expect(pageOffset).toMatchObject({ value: MOVED, source: 'option' });
    expect(pageOffset.candidates.find((c) => c.source === 'direct-map-pointer')?.verdict).toBe('agrees');
  });

  test('is believed even if the page tables contradict it, and its reason says so', () => {
    const { pageOffset } = layoutOf(KASLR, 0xffff_8880_0000_0000n);
    expect(pageOffset).toMatchObject({ value: 0xffff_8880_0000_0000n, source: 'option' });
    const [option] = pageOffset.candidates;
    expect(option).toMatchObject({ source: 'option', verdict: 'believed' });
    expect(option?.reason).toContain('is not mapped');
    expect(pageOffset.candidates.find((c) => c.source === 'direct-map-pointer')?.verdict).toBe('differs');
  });
});

describe('page_offset that nothing confirms', () => {
  test('is null when the page tables of the direct map are not in the dump', () => {
    const built = new BuiltKernel({ ...KASLR, ...BARE });
    const pud = built.tables.tableOf(MOVED, 2 ** 30);
    built.memory.plan({ described: built.described, notStored: [{ start: pud, end: pud + KIB4 }] });
    expect(findLayout(built.open()).pageOffset).toMatchObject({ value: null, source: null });
  });
});
