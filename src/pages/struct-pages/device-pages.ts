import { nodeBits } from '../../kernel/sparsemem/page-flags-layout.ts';
import type { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import type { Zone } from '../zones/zones.ts';
import type { PageKeys } from './page-keys.ts';

/**
 * How the upper half of page.flags says that a page is device memory: by the number of its zone, in the bits
 * below the node's (include/linux/page-flags-layout.h). ZONE_DEVICE is the last zone of a kernel that has it,
 * so its number gives the number of bits for zones. It needs SPARSEMEM_VMEMMAP (mm/Kconfig), so no section is
 * above the node. The test never matches where no zone of that name has memory.
 */
export function deviceTest(zones: readonly Zone[], info: Vmcoreinfo): PageKeys['device'] {
  const device = zones.find(({ name }) => name === 'Device');
  if (!device || device.index === 0) return { mask: 0, value: 1 };
  const zoneBits = 32 - Math.clz32(device.index);
  const shift = 32 - nodeBits(info) - zoneBits;
  return { mask: ((1 << zoneBits) - 1) << shift, value: device.index << shift };
}

/**
 * Whether a page of a section that is not online is device memory. The struct pages of such a section may be
 * garbage, so there must also be a pointer to the driver's data (page.pgmap, the word after the flags).
 */
export function isDevicePage(w: Int32Array, i: number, { flags, device }: PageKeys): boolean {
  const high = w[i + flags + 1] as number;
  return (high & device.mask) === device.value && (w[i + flags + 3] as number) >>> 16 === 0xffff;
}
