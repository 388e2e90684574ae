import { hex } from '../../hex.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { PageTableWalk } from '../paging/page-walk.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import type { KernelLayout } from './layout.ts';
import { type Bases, regionOf } from './regions.ts';

/**
 * Returns how the kernel's own arithmetic contradicts a walk of its tables (__phys_addr,
 * arch/x86/mm/physaddr.c): the direct map and the image each have a fixed distance to physical memory.
 * Returns undefined if both agree, if nothing is mapped, which the kernel may do
 * (set_direct_map_invalid_noflush), and in regions without such a distance.
 */
export function contradictedBy(
  { address, result }: PageTableWalk,
  bases: Bases & Pick<KernelLayout, 'physBase'>,
  info: Vmcoreinfo,
): string | undefined {
  if (result.kind !== 'mapped') return undefined;
  const linear = linearPhysical(address, bases, info);
  if (linear === undefined || linear.physical === BigInt(result.physical)) return undefined;
  const { region, physical } = linear;
  return `the page tables map ${hex(address)} to ${hex(result.physical)}, but in the ${region} it should be at ${hex(physical)}`;
}

function linearPhysical(address: bigint, bases: Bases & Pick<KernelLayout, 'physBase'>, info: Vmcoreinfo) {
  const region = regionOf(address, bases);
  const [pageOffset, physBase] = [bases.pageOffset.value, bases.physBase.value];
  if (region === 'direct map' && pageOffset !== null) return { region, physical: address - pageOffset };
  // If the image's size is unknown, the second half of its GiB may belong to modules.
  const size = info.number('KERNEL_IMAGE_SIZE');
  const inImage = address >= START_KERNEL_MAP && address - START_KERNEL_MAP < BigInt(size ?? 0);
  if (!inImage || physBase === null) return undefined;
  return { region, physical: address - START_KERNEL_MAP + physBase };
}
