import type { WalkStep } from './page-walk.ts';
import { ADDRESS_MASK, GLOBAL, PAGE_SIZE_BIT } from './paging.ts';

/**
 * Types of swap entries from here on mean other things than a swap file (MAX_SWAPFILES, include/linux/swap.h):
 * at most 9 of 32 in any kernel up to 7.3.
 */
const SPECIAL_TYPES = 23n;
/** The type is in the highest 5 bits (arch/x86/include/asm/pgtable_64.h). */
const TYPE_SHIFT = 59n;

/**
 * What an entry without the present bit says: the physical address of the page, if it is there but without
 * access (mprotect PROT_NONE, NUMA balancing), or else where the page is. All address bits of such an entry
 * are inverted, so that the processor does not speculate on it (arch/x86/include/asm/pgtable-invert.h, 4.19
 * and stable kernels: 6b28baca9b1f).
 */
export function pageOfAbsentEntry(
  address: bigint,
  { level, entry }: WalkStep,
  encryptionMask: bigint,
): number | string {
  const isPage = level.name === 'pte' || (level.mayBePage && (entry.raw & PAGE_SIZE_BIT) !== 0n);
  if (isPage && (entry.raw & GLOBAL) !== 0n) {
    const inside = (1n << BigInt(level.shift)) - 1n;
    return Number((~entry.raw & ADDRESS_MASK & ~encryptionMask & ~inside) | (address & inside));
  }
  return entry.raw >> TYPE_SHIFT < SPECIAL_TYPES
    ? 'swapped out'
    : 'not present: it is being moved, or has failed';
}
