import { IMAGE_END, START_KERNEL_MAP } from './kernel.ts';
import type { Layout } from './layout.ts';

/** What a virtual address is for (Documentation/arch/x86/x86_64/mm.rst). */
export type Region =
  | 'direct map'
  | 'vmalloc'
  | 'vmemmap'
  | 'kernel image'
  | 'modules'
  | 'vsyscall'
  | 'physical'
  | 'unknown';

const VSYSCALL = 0xffff_ffff_ff60_0000n;
const KERNEL_HALF = 1n << 63n;

/** The bases that tell the regions below the kernel image apart; they are always in this order. */
export type Bases = Pick<Layout, 'pageOffset' | 'vmallocStart' | 'vmemmap'>;

/** The region of a virtual address; `bases` is undefined where the layout is unknown. */
export function regionOf(address: bigint, bases: Bases | undefined): Region {
  if (address < KERNEL_HALF) return 'physical';
  if (address >= VSYSCALL) return 'vsyscall';
  if (address >= IMAGE_END) return 'modules';
  if (address >= START_KERNEL_MAP) return 'kernel image';
  const reached = (value: bigint | null | undefined) =>
    value !== null && value !== undefined && address >= value;
  if (reached(bases?.vmemmap.value)) return 'vmemmap';
  if (reached(bases?.vmallocStart.value)) return 'vmalloc';
  return reached(bases?.pageOffset.value) ? 'direct map' : 'unknown';
}
