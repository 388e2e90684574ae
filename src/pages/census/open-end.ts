import { reasonOf } from '../../errors.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { readZones } from '../zones/zones.ts';

/**
 * Why memory may be missing after the end of a dump, or null where none is. A raw image does not mark its
 * end, and neither does a LiME image: if the disk was full, what was written looks whole. But the kernel
 * knows where its memory ends: its last zone ends there (zone_start_pfn + spanned_pages).
 */
export function missingEnd(kernel: Kernel): string | null {
  const { image } = kernel;
  if (!image.openEnded) return null;
  if (image.memory.cutShort) return 'the file ends early, and what should follow is not known';
  const end = endOf(image);
  const kernelEnd = endOfZones(kernel);
  if (typeof kernelEnd === 'string') return `whether the file is whole is not known: ${kernelEnd}`;
  return end >= kernelEnd
    ? null
    : `the file ends at pfn ${end}, but the kernel's memory ends at pfn ${kernelEnd}`;
}

/** The pfn after the last one that a dump describes. */
function endOf({ memory }: MemoryImage): number {
  let end = 0;
  for (const range of memory.described()) end = range.end;
  return Math.ceil(end / PAGE_SIZE);
}

/** The pfn after the kernel's last one, or why it is not known. */
function endOfZones(kernel: Kernel): number | string {
  try {
    return readZones(kernel).reduce(
      (end, { startPfn, spannedPages }) => Math.max(end, startPfn + spannedPages),
      0,
    );
  } catch (error) {
    return reasonOf(error);
  }
}
