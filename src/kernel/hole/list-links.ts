import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { AddressSpace } from '../paging/address-space.ts';

/** A list_head whose links hold: physical addresses of it and of the next one, bytes. */
export interface Link {
  readonly at: number;
  readonly next: number;
}

/** The kernel half begins here. */
const KERNEL_HALF = 1n << 63n;

/**
 * The link at a virtual address, if it holds: the next list_head points back to it (include/linux/list.h).
 * Other memory does not look like this by chance.
 */
export function linkAt(space: AddressSpace, address: bigint): Link | undefined {
  try {
    const next = u64At(space.bytes(address, 8), 0);
    if (next < KERNEL_HALF || next % 8n !== 0n || space.u64(next + 8n) !== address) return undefined;
    return { at: space.translate(address), next: space.translate(next) };
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
