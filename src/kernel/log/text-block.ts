/**
 * FAILED_LPOS and EMPTY_LINE_LPOS (formerly NO_LPOS): odd, unlike the position of a block
 * (printk_ringbuffer.h).
 */
const FAILED_LPOS = 1n;
const EMPTY_LINE_LPOS = 3n;

/** Each block begins with the id of its descriptor, an unsigned long (struct prb_data_block). */
export const BLOCK_ID_BYTES = 8;

/** Where the text of a record lies in the text ring. */
export type TextBlock =
  /** `offset` of the block's id in the ring, and `capacity` for text after the id; bytes. */
  | { readonly kind: 'stored'; readonly offset: number; readonly capacity: number }
  /** The record is valid and its text is empty. */
  | { readonly kind: 'empty' }
  /** The kernel had no space for it. */
  | { readonly kind: 'failed' }
  /** No kernel writes such positions. */
  | { readonly kind: 'impossible' };

/**
 * Finds a block by its logical positions, which count all bytes ever written, modulo 2^64. A block that does
 * not fit before the end of the ring lies at the start instead: it wraps if its first and last byte are in
 * different laps. `next` is the position after the block. If a block ends exactly at the end of the ring,
 * `next` is in the next lap; since 6.18 (67e1b0052f6b) that does not count as a wrap, and before it did not
 * occur.
 * @param sizeBits the ring has 2^sizeBits bytes
 */
export function locateBlock(begin: bigint, next: bigint, sizeBits: number): TextBlock {
  if ((begin & next & 1n) === 1n) return dataLess(begin, next);
  const bits = BigInt(sizeBits);
  const lap = (lpos: bigint) => BigInt.asUintN(64, lpos) >> bits;
  const index = (lpos: bigint) => Number(BigInt.asUintN(sizeBits, lpos));
  const laps = BigInt.asUintN(64 - sizeBits, lap(next - 1n) - lap(begin));
  if (laps > 1n || (begin | next) % 8n !== 0n) return { kind: 'impossible' };
  const offset = laps === 0n ? index(begin) : 0;
  const capacity = index(next - 1n) + 1 - offset - BLOCK_ID_BYTES;
  return capacity < 0 ? { kind: 'impossible' } : { kind: 'stored', offset, capacity };
}

function dataLess(begin: bigint, next: bigint): TextBlock {
  if (begin === EMPTY_LINE_LPOS && next === EMPTY_LINE_LPOS) return { kind: 'empty' };
  return { kind: begin === FAILED_LPOS && next === FAILED_LPOS ? 'failed' : 'impossible' };
}
