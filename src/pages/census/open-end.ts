import { InspectError, reasonOf } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { UsedPages } from '../absent/used-pages.ts';
import { readZones, type Zone } from '../zones/zones.ts';

/**
 * Why memory may be missing after the end of a dump, or null where none is. A raw image does not mark its
 * end, and neither does a LiME image: if the disk was full, what was written looks whole. But the kernel
 * knows where its memory ends: its last zone ends there (zone_start_pfn + spanned_pages). A file of ranges may
 * only lack what was reserved at boot, because the crash kernel may have it; a flat one has all addresses.
 * @param unwritten pages whose struct pages should have been written and never were
 */
export function missingEnd(kernel: Kernel, unwritten = 0): string | null {
  const { image } = kernel;
  if (!image.openEnded) return null;
  if (image.memory.cutShort) return 'the file ends early, and what should follow is not known';
  if (kernel.leftOut) return unwritten === 0 ? null : zerosOrCut(unwritten);
  const end = endOf(image);
  const zones = tryZones(kernel);
  if (typeof zones === 'string') return `whether the file is whole is not known: ${zones}`;
  const kernelEnd = zones.reduce((last, zone) => Math.max(last, zone.startPfn + zone.spannedPages), 0);
  return end >= kernelEnd || (!image.flat && isUnused(kernel, zones, kernelEnd - 1))
    ? null
    : `the file ends at pfn ${end}, but the kernel's memory ends at pfn ${kernelEnd}`;
}

/** A file that lost its last blocks looks as if they were all zero. But struct pages never are. */
function zerosOrCut(unwritten: number): string {
  return `the struct pages of ${unwritten} pages are all zero in the file, which no kernel has: it was probably cut after a block`;
}

/** The pfn after the last one that a dump describes. */
function endOf({ memory }: MemoryImage): number {
  let end = 0;
  for (const range of memory.described()) end = range.end;
  return Math.ceil(end / PAGE_SIZE);
}

/** The kernel's zones, or why they are not known. */
function tryZones(kernel: Kernel): readonly Zone[] | string {
  try {
    return readZones(kernel);
  } catch (error) {
    return reasonOf(error);
  }
}

function isUnused(kernel: Kernel, zones: readonly Zone[], pfn: number): boolean {
  try {
    return new UsedPages(kernel, zones).isUnused(pfn);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return false;
    throw error;
  }
}
