import { InspectError } from '../../errors.ts';
import type { Kernel } from '../open/kernel.ts';

/**
 * The number of the first record that `dmesg --clear` did not hide: a u64 (5.10 to 5.12), or two that are written in
 * turn and a counter whose lowest bit says which of them holds (struct latched_seq, 7d7a23a91c91 in 5.13). Null where it
 * is not to be had.
 */
export function readClearSeq({ space, info }: Pick<Kernel, 'space' | 'info'>): bigint | null {
  const at = info.symbol('clear_seq');
  if (at === undefined) return null;
  try {
    const val = info.offset('latched_seq.val');
    if (val === undefined) return space.u64(at);
    // The counter is the structure's first member: seqcount_latch_t begins with its `sequence`.
    return space.u64(at + BigInt(val) + BigInt(8 * (space.u32(at) & 1)));
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}
