import { snappyUncompressor } from 'hysnappy';

/**
 * Decodes raw snappy (format_description.txt) that must have `size` bytes.
 * @throws Error with the reason
 */
export type DecodeSnappy = (encoded: Uint8Array, size: number) => Uint8Array;

/** Bytes of the longest length that a 32-bit one takes. */
const LONGEST_LENGTH = 5;

/**
 * The length that encoded bytes start with, 7 bits a byte, the lowest first. -1 if they end inside it or it
 * is too long.
 */
export function snappyLength(encoded: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < LONGEST_LENGTH; i++) {
    const byte = encoded[i];
    if (byte === undefined) return -1;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return -1;
}

/** Loads the decoder, which is WebAssembly. @throws Error, if this Node.js refuses that */
export function loadSnappy(): DecodeSnappy {
  const uncompress = snappyUncompressor();
  return (encoded, size) => {
    // The decoder trusts the length that the bytes start with.
    const length = snappyLength(encoded);
    if (length !== size) throw new Error(`its length is ${length} bytes, not ${size}`);
    return uncompress(encoded, size);
  };
}
