import { InspectError } from '../../errors.ts';
import type { Kernel } from '../open/kernel.ts';

/**
 * Returns the number of the first record that `dmesg --clear` did not hide, or null if it is unknown. It is a
 * u64 (5.10 to 5.12), or two that are written in turn, with a counter whose lowest bit selects the valid one
 * (struct latched_seq, 7d7a23a91c91 in 5.13).
 */
export function readClearSeq({ space, info }: Pick<Kernel, 'space' | 'info'>): bigint | null {
  const at = info.symbol('clear_seq');
  if (at === undefined) return null;
  try {
    const val = info.offset('latched_seq.val');
    if (val === undefined) return space.u64(at);
    // The counter comes first: seqcount_latch_t begins with its `sequence`.
    return space.u64(at + BigInt(val) + BigInt(8 * (space.u32(at) & 1)));
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}
