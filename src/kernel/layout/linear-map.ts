import { hex } from '../../hex.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { Walk } from '../paging/page-walk.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import type { KernelLayout } from './layout.ts';
import { type Bases, regionOf } from './regions.ts';

/**
 * What the kernel's own arithmetic says against a walk of its tables (__phys_addr, arch/x86/mm/physaddr.c): the direct map
 * and the image lie at one distance from the physical memory. undefined where both agree, where nothing is mapped, which
 * may be so (set_direct_map_invalid_noflush), and in regions that the tables alone map.
 */
export function contradictedBy(
  { address, result }: Walk,
  bases: Bases & Pick<KernelLayout, 'physBase'>,
  info: Vmcoreinfo,
): string | undefined {
  if (result.kind !== 'mapped') return undefined;
  const linear = linearPhysical(address, bases, info);
  if (linear === undefined || linear.physical === BigInt(result.physical)) return undefined;
  const { region, physical } = linear;
  return `the tables map ${hex(address)} to ${hex(result.physical)}, and the ${region} has ${hex(physical)} there`;
}

function linearPhysical(address: bigint, bases: Bases & Pick<KernelLayout, 'physBase'>, info: Vmcoreinfo) {
  const region = regionOf(address, bases);
  const [pageOffset, physBase] = [bases.pageOffset.value, bases.physBase.value];
  if (region === 'direct map' && pageOffset !== null) return { region, physical: address - pageOffset };
  // Without the size of the image modules may lie in the second half of its GiB.
  const size = info.number('KERNEL_IMAGE_SIZE');
  const inImage = address >= START_KERNEL_MAP && address - START_KERNEL_MAP < BigInt(size ?? 0);
  if (!inImage || physBase === null) return undefined;
  return { region, physical: address - START_KERNEL_MAP + physBase };
}
