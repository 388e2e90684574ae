import { describe, expect, test } from 'vitest';
import { findLayout } from '../../../src/kernel/layout/layout.ts';
import { regionOf, regionOfSegment } from '../../../src/kernel/layout/regions.ts';
import { BuiltKernel, segment } from '../../builders/kernel.ts';

const bases = findLayout(new BuiltKernel({ keys: { 'NUMBER(VMALLOC_START)': '0xffffc90000000000' } }).open());

describe('the region of an address', () => {
  // Documentation/arch/x86/x86_64/mm.rst, 4 levels
  test.each([
    [0x1234n, 'user'],
    [0xffff_fdff_ffff_ffffn, 'vmemmap'],
    [0xffff_fe00_0000_0000n, 'cpu entry area'],
    [0xffff_ff00_0000_0000n, 'unknown'],
    [0xffff_8880_0000_0000n, 'direct map'],
    [0xffff_c8ff_ffff_ffffn, 'direct map'],
    [0xffff_c900_0000_0000n, 'vmalloc'],
    [0xffff_e9ff_ffff_ffffn, 'vmalloc'],
    [0xffff_ea00_0000_0000n, 'vmemmap'],
    [0xffff_ffff_8100_0000n, 'kernel image'],
    [0xffff_ffff_bfff_ffffn, 'kernel image'],
    [0xffff_ffff_c000_0000n, 'modules'],
    [0xffff_ffff_ff60_0000n, 'vsyscall'],
    [0xffff_8000_0000_0000n, 'unknown'],
  ] as const)('0x%s is %s', (address, region) => {
    expect(regionOf(address, bases)).toBe(region);
  });

  test('is known for the image even if the layout is unknown', () => {
    expect(regionOf(0xffff_ffff_8100_0000n, undefined)).toBe('kernel image');
    expect(regionOf(0xffff_8880_0000_0000n, undefined)).toBe('unknown');
  });

  test('is unknown if the base of the next region is unknown', () => {
    const unbounded = { ...bases, vmallocStart: { ...bases.vmallocStart, value: null } };
    expect(regionOf(0xffff_8880_0000_0000n, unbounded)).toBe('unknown');
    expect(regionOf(0xffff_ea00_0000_0000n, unbounded)).toBe('vmemmap');
  });
});

describe('the region of a LOAD', () => {
  const load = (virtual: bigint | null) => segment(virtual, { start: 0x5000, end: 0x6000 });

  // Without paging QEMU writes the physical address or, in old releases, 0; with paging, user addresses have
  // their upper bits set.
  test.each([
    [0x5000n, 'physical'],
    [0n, 'physical'],
    [0x40_0000n, 'user'],
    [0xffff_0000_0040_0000n, 'user'],
    [0xffff_ea00_0000_0000n, 'vmemmap'],
  ] as const)('at 0x%s is %s', (virtual, region) => {
    expect(regionOfSegment(load(virtual), bases)).toBe(region);
  });

  test('is unknown if it depends on an unknown layout', () => {
    expect(regionOfSegment(load(0xffff_0000_0040_0000n), undefined)).toBe('unknown');
    expect(regionOfSegment(load(0x5000n), undefined)).toBe('physical');
  });

  test('is null if the format has no virtual addresses', () => {
    expect(regionOfSegment(load(null), bases)).toBeNull();
  });
});
