import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { textPfn } from './kernel-image.ts';
import { StructPages } from './struct-pages.ts';

/** Pages of the kernel's text that are looked at: every kernel has more. */
const PAGES = 64;

/**
 * Bits that may be flags. From bit 30 on, page.flags may have what NUMA balancing saw last (LAST_CPUPID), which
 * is all ones for such a page: at most 21 bits below 10 of the node and 3 of the zone
 * (include/linux/page-flags-layout.h).
 */
const FLAGS = 0x3fff_ffff;

/**
 * Returns PG_reserved as a mask of the lower half of page.flags, for a kernel without types: VMCOREINFO does
 * not have it. It is the one flag that pages of the kernel's text have, which memblock reserved
 * (memmap_init_reserved_pages, mm/memblock.c). 0 if these pages do not all have the same single flag.
 * @param flags the index of the word in a struct page
 */
function reservedMask(kernel: Kernel, { stride, flags }: { stride: number; flags: number }): number {
  const first = textPfn(kernel);
  if (first === undefined) return 0;
  const pages = new StructPages(kernel);
  const { absent, unreadable } = pages.readRun(first, PAGES);
  if (absent || unreadable.length > 0) return 0;
  const flagsOf = (i: number) => (pages.words[i * stride + flags] as number) & FLAGS;
  const mask = flagsOf(0);
  for (let i = 1; i < PAGES; i++) if (flagsOf(i) !== mask) return 0;
  return mask !== 0 && (mask & (mask - 1)) === 0 ? mask : 0;
}

/** The same, and 0 where the struct pages cannot be read. */
export function reservedMaskOrNone(...asked: Parameters<typeof reservedMask>): number {
  try {
    return reservedMask(...asked);
  } catch (error) {
    if (error instanceof InspectError) return 0;
    throw error;
  }
}
