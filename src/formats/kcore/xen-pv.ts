import { unsupported } from '../elf/header.ts';
import { systemText } from './access.ts';

/**
 * Refuses the memory of a Xen PV domain, domain 0 included: the entries of its page tables hold machine
 * addresses, and /proc/kcore has pseudo-physical ones.
 * @param guestType what the kernel says of itself (/sys/hypervisor/guest_type, since 4.13): "PV", "HVM", "PVH"
 * @throws InspectError unsupported
 */
export function refuseXenPv(path: string, guestType = systemText('/sys/hypervisor/guest_type')): void {
  if (guestType.trim() !== 'PV') return;
  const what = 'the memory of a Xen PV domain, whose page tables hold machine addresses';
  throw unsupported(path, what, 'HVM and PVH domains can be read');
}
