import { START_KERNEL_MAP } from '../../machine.ts';

/** A piece of memory that holds sections of a module. */
export interface ModuleRange {
  readonly start: bigint;
  /** The address after the last byte. */
  readonly end: bigint;
}

/** MODULES_VADDR without KASLR: 512 MiB after the image's first address; with it, 1 GiB (page_64_types.h). */
export const LEAST_MODULES_START = START_KERNEL_MAP + (1n << 29n);
/** MODULES_END (arch/x86/include/asm/pgtable_64_types.h) */
const MODULES_END = 0xffff_ffff_ff00_0000n;

/** Whether a range can belong to a module: all of it lies where the kernel maps modules. */
export function isInModuleArea({ start, end }: ModuleRange): boolean {
  return start >= LEAST_MODULES_START && end > start && end <= MODULES_END;
}
