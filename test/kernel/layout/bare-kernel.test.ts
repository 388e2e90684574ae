import { describe, expect, it } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import { openBareKernel } from '../../../src/kernel/layout/bare-kernel.ts';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { regionOf } from '../../../src/kernel/layout/regions.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan } from '../../builders/kernel.ts';
import { KIB4 } from '../../builders/page-tables.ts';
import { searchedImage } from '../../builders/provable-kernel.ts';

const LACKING = new InspectError('missingInfo', 'there is no VMCOREINFO', { key: 'VMCOREINFO' });
const KASLR: KernelPlan = {
  kernelOffset: 0x1a00_0000n,
  physBase: -0x1900_0000n,
  pageOffset: 0xffff_9bbd_4000_0000n,
};
const rootOf = (built: BuiltKernel) => built.imageAt + IN_IMAGE.root;
const bare = (built: BuiltKernel, ...cr3s: (number | bigint)[]) =>
  openBareKernel(searchedImage(built, cr3s), LACKING);

describe('the page tables of a CPU alone', () => {
  it.each([
    ['4 levels', KASLR],
    ['5 levels', { ...KASLR, levels: 5, pageOffset: 0xff38_e8e3_0000_0000n }],
  ] as const)('translate like the ones that VMCOREINFO names: %s', (_, plan) => {
    const built = new BuiltKernel(plan);
    const kernel = bare(built, rootOf(built));
    expect(kernel.pagingLevels).toBe(built.levels);
    expect(kernel.space.translate(built.stext + 0x1234n)).toBe(built.imageAt + 0x1234);
    expect(kernel.space.translate(built.direct(0x5678))).toBe(0x5678);
    expect(kernel.pageTableRoot).toMatchObject({ value: BigInt(rootOf(built)), source: 'registers' });
  });

  it('give page_offset and phys_base, but nothing that only VMCOREINFO has', () => {
    const built = new BuiltKernel(KASLR);
    const layout = findLayout(bare(built, rootOf(built)));
    expect(layout.pageOffset).toMatchObject({ value: KASLR.pageOffset, source: 'page-tables' });
    expect(layout.physBase).toMatchObject({ value: KASLR.physBase, source: 'page-tables' });
    for (const unknown of [layout.kernelOffset, layout.vmemmap, layout.vmallocStart]) {
      expect(unknown).toMatchObject({ value: null, source: null });
    }
    expect(regionOf(built.direct(0x5000), layout)).toBe('unknown');
    expect(regionOf(built.stext, layout)).toBe('kernel image');
  });

  it('report what is missing, and which CPU they come from', () => {
    const built = new BuiltKernel(KASLR);
    const { info } = bare(built, 0x7000, rootOf(built));
    expect(info.doubts).toEqual([
      'there is no VMCOREINFO; the page tables are the ones that CPU 1 was using',
    ]);
    expect(info.keys()).toEqual([]);
  });

  it('are found from the user half that PTI gave the CPU', () => {
    const built = new BuiltKernel(KASLR);
    const even = built.imageAt + 0xa000;
    for (let at = 0; at < KIB4; at += 8) {
      built.memory.writeU64(even + at, built.memory.peekU64(rootOf(built) + at));
    }
    // The user half has the image and no direct map.
    const last = KIB4 - 8;
    built.memory.writeU64(even + KIB4 + last, built.memory.peekU64(even + last));
    expect(bare(built, even + KIB4 + 0x805).space.walker.root).toBe(even);
  });

  it('keep a root with bit 12 set if the table there belongs to a kernel', () => {
    const built = new BuiltKernel(KASLR);
    expect(rootOf(built) & KIB4).not.toBe(0);
    expect(bare(built, rootOf(built)).space.walker.root).toBe(rootOf(built));
  });

  it('are not believed unless a direct map in them maps them', () => {
    const built = new BuiltKernel(KASLR);
    expect(failureOf(() => bare(built, 0x7000, 1n << 40n, 0))).toBe(LACKING);
    expect(failureOf(() => bare(built))).toBe(LACKING);
  });
});
