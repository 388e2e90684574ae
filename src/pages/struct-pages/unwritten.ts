import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { pageKeys } from './page-keys.ts';
import { StructPages } from './struct-pages.ts';

/**
 * Whether a kernel leaves the struct pages of holes between RAM zeroed, as kernels did up to 5.5 (in 5.6
 * 4b094b7851bf made them reserved pages). A dump that describes holes, as QEMU's do, then has struct pages
 * that were never written, and nothing is wrong. Page 0 is such a hole: no x86_64 kernel uses it as RAM
 * (trim_bios_range, arch/x86/kernel/setup.c). A flat image does not tell
 * holes from RAM.
 */
export function leavesHolesUnwritten(kernel: Kernel): boolean {
  if (kernel.image.flat) return true;
  const { type, refcount } = pageKeys(kernel.info);
  try {
    const structPages = new StructPages(kernel);
    const { absent, unreadable } = structPages.readRun(0, 1);
    if (absent || unreadable.length > 0) return false;
    return ((structPages.words[type] as number) | (structPages.words[refcount] as number)) === 0;
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return false;
    throw error;
  }
}
