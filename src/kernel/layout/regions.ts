import type { Segment } from '../../formats/image/image.ts';
import { IMAGE_END, START_KERNEL_MAP } from '../../machine.ts';
import { isCanonical } from '../paging/paging.ts';
import type { KernelLayout } from './layout.ts';

/** What a virtual address is used for (Documentation/arch/x86/x86_64/mm.rst). */
export type Region =
  | 'direct map'
  | 'vmalloc'
  | 'vmemmap'
  | 'cpu entry area'
  | 'kernel image'
  | 'modules'
  | 'vsyscall'
  | 'user'
  | 'physical'
  | 'unknown';

const VSYSCALL = 0xffff_ffff_ff60_0000n;
const KERNEL_HALF = 1n << 63n;
/**
 * CPU_ENTRY_AREA_PGD (pgtable_64_types.h): KASLR moves the regions below; above are ESPFIX and EFI mappings.
 */
const CPU_ENTRY_AREA = 0xffff_fe00_0000_0000n;
const ESPFIX = 0xffff_ff00_0000_0000n;

/** The bases of the regions below the kernel image; they always come in this order. */
export type Bases = Pick<
  KernelLayout,
  'pageOffset' | 'vmallocStart' | 'vmemmap' | 'hasVmemmap' | 'pagingLevels'
>;

/** Returns the region of a virtual address; `bases` is undefined if the layout is unknown. */
export function regionOf(address: bigint, bases: Bases | undefined): Region {
  if (address < KERNEL_HALF) return 'user';
  if (address >= VSYSCALL) return 'vsyscall';
  if (address >= IMAGE_END) return 'modules';
  if (address >= START_KERNEL_MAP) return 'kernel image';
  if (address >= ESPFIX) return 'unknown';
  if (address >= CPU_ENTRY_AREA) return 'cpu entry area';
  return movedRegion(address, bases);
}

/** A region ends where the next one begins, so it is known only with both bases. */
function movedRegion(address: bigint, bases: Bases | undefined): Region {
  const vmemmap = bases?.vmemmap.value ?? null;
  const vmalloc = bases?.vmallocStart.value ?? null;
  const within = (start: bigint | null, end: bigint | null) =>
    start !== null && end !== null && address >= start && address < end;
  if (within(vmemmap, CPU_ENTRY_AREA)) return 'vmemmap';
  if (within(vmalloc, bases?.hasVmemmap === false ? vmallocEnd(vmalloc) : vmemmap)) return 'vmalloc';
  return within(bases?.pageOffset.value ?? null, vmalloc) ? 'direct map' : 'unknown';
}

/** VMALLOC_SIZE_TB_L4 (pgtable_64_types.h). A kernel without a vmemmap has four levels (X86_5LEVEL). */
const VMALLOC_SIZE = 32n << 40n;

function vmallocEnd(start: bigint | null): bigint | null {
  return start === null ? null : start + VMALLOC_SIZE;
}

/**
 * Returns the region of a segment's addresses. Without paging, QEMU writes the physical address or 0 as the
 * virtual one. With paging, it sets the bits above the translated ones even in user addresses
 * (target/i386/arch_memory_mapping.c).
 */
export function regionOfSegment({ virtual, physical }: Segment, bases: Bases | undefined): Region | null {
  if (virtual === null) return null;
  if (virtual === 0n || virtual === BigInt(physical ?? -1)) return 'physical';
  if (bases && !isCanonical(virtual, bases.pagingLevels)) return 'user';
  return regionOf(virtual, bases);
}
