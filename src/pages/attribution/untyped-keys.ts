import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { pageKeys, type WordTest } from '../struct-pages/page-keys.ts';
import { reservedMaskOrNone } from '../struct-pages/reserved-flag.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import type { UseKeys } from './use-keys.ts';

const NEVER: WordTest = { word: 0, mask: 0, value: 1 };

/**
 * What tells the use of a page in a kernel without types: VMCOREINFO, and the flag of the kernel's own text.
 * Pages with any other type are the kernel's. Neither caches of slabs nor the zones of pages can be told.
 * @throws InspectError missingInfo, when VMCOREINFO lacks what is needed
 */
export function untypedKeys({ kernel }: TypedKernel): UseKeys {
  const keys = pageKeys(kernel.info);
  return {
    ...keys,
    device: deviceTest(zonesOrNone(kernel), kernel.info),
    pageTable: NEVER,
    largeKmalloc: NEVER,
    zsmalloc: NEVER,
    otherTypes: true,
    reservedMask: reservedMaskOrNone(kernel, keys),
    swapbackedMask: keys.swapMask & ~keys.swapcacheMask,
    slabCache: -1,
    entireMapcount: -1,
    place: { shift: 0, mask: 0 },
    slabCounters: -1,
    movableMapping: true,
  };
}
