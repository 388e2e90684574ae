/*
 * Bits of one block of a bitmap, lowest first in each byte, read as 32-bit words on a little-endian machine.
 */

/** The first bit of a block, from `from` on, that is `wanted`; `limit` if there is none. */
export function findIn(bytes: Uint8Array, from: number, limit: number, wanted: 0 | 1): number {
  const skipped = wanted === 1 ? 0 : 0xff;
  let bit = from;
  while (bit < limit) {
    const byte = bytes[bit >>> 3] as number;
    if ((bit & 7) === 0 && byte === skipped) bit += 8;
    else if (((byte >>> (bit & 7)) & 1) === wanted) return bit;
    else bit++;
  }
  return limit;
}

/** How many of the bits from `from` to before `to` of a block are set. */
export function ones(bytes: Uint8Array, from: number, to: number): number {
  const one = (bit: number) => ((bytes[bit >>> 3] as number) >>> (bit & 7)) & 1;
  let count = 0;
  let bit = from;
  for (; bit < to && (bit & 31) !== 0; bit++) count += one(bit);
  if (to - bit >= 32) {
    const words = wordsOf(bytes);
    for (; bit + 32 <= to; bit += 32) count += onesIn(words[bit >>> 5] as number);
  }
  for (; bit < to; bit++) count += one(bit);
  return count;
}

/** How many bits of a word are set: adds up neighbours, then pairs, then bytes with one multiplication. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/**
 * How many runs of set bits start among the first `count` bits of a block.
 * @param before whether the bit before the block is set
 */
export function startsIn(bytes: Uint8Array, count: number, before: boolean): number {
  const words = wordsOf(bytes);
  let carry = before ? 1 : 0;
  let starts = 0;
  for (let at = 0; at < count; at += 32) {
    const word = words[at >>> 5] as number;
    const inside = count - at < 32 ? word & (2 ** (count - at) - 1) : word;
    starts += onesIn(inside & ~((word << 1) | carry));
    carry = word >>> 31;
  }
  return starts;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
