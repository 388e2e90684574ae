/** The Adler-32 checksum of a page of zeros (RFC 1950, 8.2): 4096 times a sum that stays 1, and that sum. */
const ZERO_CHECKSUM = 0x1000_0001;

/**
 * A zlib stream ends with the Adler-32 of its contents (RFC 1950). If it differs from that of a page of
 * zeros, the page is not all zero.
 */
export function byChecksum(encoded: Uint8Array): boolean {
  const { length } = encoded;
  const byte = (at: number) => encoded[at] as number;
  if (length < 8 || (byte(0) & 0xf) !== 8 || ((byte(0) << 8) | byte(1)) % 31 !== 0) return false;
  const checksum =
    (byte(length - 4) << 24) | (byte(length - 3) << 16) | (byte(length - 2) << 8) | byte(length - 1);
  return checksum !== ZERO_CHECKSUM;
}

/**
 * An LZO1X stream starts with literals, which are in the page as they are. The first byte states their number
 * if it is above 17, or below 16 and not zero. After a zero the number continues, with 255 for each further
 * zero.
 */
export function byLzoLiterals(encoded: Uint8Array): boolean {
  const code = encoded[0] ?? 0;
  if (code > 17) return anyIn(encoded, 1, code - 17);
  if (code > 0) return code < 16 && anyIn(encoded, 1, code + 3);
  let at = 1;
  while (at < encoded.length && encoded[at] === 0) at++;
  return anyIn(encoded, at + 1, 18 + (at - 1) * 255 + (encoded[at] ?? 0));
}

/**
 * A snappy stream starts with its length, here two bytes, and a run of literals; the tag holds the length of
 * a short run.
 */
export function bySnappyLiterals(encoded: Uint8Array): boolean {
  const tag = encoded[2] ?? 0;
  const length = (tag >>> 2) + 1;
  if ((tag & 3) !== 0) return false;
  return length <= 60 ? anyIn(encoded, 3, length) : anyIn(encoded, length - 60 + 3, 60);
}

/** Whether any of `count` bytes, as far as there are that many, is not zero. */
function anyIn(bytes: Uint8Array, from: number, count: number): boolean {
  const end = Math.min(bytes.length, from + count);
  for (let i = from; i < end; i++) if (bytes[i] !== 0) return true;
  return false;
}

const ZSTD_MAGIC = 0xfd2f_b528 | 0;
/**
 * How many bytes the frame header has after its descriptor, by the descriptor's fields (RFC 8878, 3.1.1.1).
 */
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * The first block of a zstd frame (RFC 8878, 3.1.1.2): plain bytes, one byte repeated, or literals with
 * instructions. All literals become part of the page.
 */
export function byZstdLiterals(encoded: Uint8Array): boolean {
  const byte = (at: number) => encoded[at] ?? 0;
  if ((byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) !== ZSTD_MAGIC) return false;
  const descriptor = byte(4);
  const isSingleSegment = (descriptor >>> 5) & 1;
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >>> 6] || isSingleSegment;
  // A window descriptor is there unless the frame is a single segment.
  const at = 6 - isSingleSegment + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  const size = (byte(at) >>> 3) | (byte(at + 1) << 5) | (byte(at + 2) << 13);
  const type = (byte(at) >>> 1) & 3;
  if (type === 0) return anyIn(encoded, at + 3, size);
  if (type === 1) return size > 0 && byte(at + 3) !== 0;
  return type === 2 && byLiteralsSection(encoded, at + 3);
}

/** 3.1.1.3.1: the two lowest bits give the encoding of the literals, the next two that of their number. */
function byLiteralsSection(encoded: Uint8Array, at: number): boolean {
  const byte = (n: number) => encoded[at + n] ?? 0;
  const type = byte(0) & 3;
  // An encoder makes a Huffman table only for two or more different bytes, so one of them is not zero.
  if (type === 2) return true;
  const header = [1, 2, 1, 3][(byte(0) >>> 2) & 3] ?? 1;
  const count =
    header === 1 ? byte(0) >>> 3 : (byte(0) >>> 4) | (byte(1) << 4) | (header === 3 ? byte(2) << 12 : 0);
  if (type === 0) return anyIn(encoded, at + header, count);
  return type === 1 && count > 0 && byte(header) !== 0;
}
