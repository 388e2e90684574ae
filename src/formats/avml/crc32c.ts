/** CRC-32C (Castagnoli), reflected: RFC 3720, appendix B.4. */
const POLYNOMIAL = 0x82f6_3b78;
/** Bytes and words that are looked up at once: twice as fast as eight bytes. */
const AT_ONCE = 16;
const WORDS = AT_ONCE / 4;

/** 256 entries for each of these bytes: entry 256 * k + byte is the effect of a byte that k more follow. */
const TABLES = tables();

function tables(): Int32Array {
  const all = new Int32Array(256 * AT_ONCE);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    all[byte] = crc;
  }
  for (let i = 256; i < all.length; i++) {
    const before = all[i - 256] as number;
    all[i] = (before >>> 8) ^ (all[before & 0xff] as number);
  }
  return all;
}

/**
 * The checksum of a chunk as snappy's framing format stores it: CRC-32C, rotated and with a constant added
 * ("masked", framing_format.txt, section 3).
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes.byteOffset % 4 === 0 ? bytes : bytes.slice());
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}

/** @param bytes aligned to 4 */
function crc32c(bytes: Uint8Array): number {
  const rest = bytes.length % AT_ONCE;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, (bytes.length - rest) / 4);
  let crc = ~0;
  for (let i = 0; i < words.length; i += WORDS) {
    crc =
      effect(crc ^ (words[i] as number), 12) ^
      effect(words[i + 1] as number, 8) ^
      effect(words[i + 2] as number, 4) ^
      effect(words[i + 3] as number, 0);
  }
  for (let i = bytes.length - rest; i < bytes.length; i++)
    crc = (crc >>> 8) ^ (TABLES[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}

/** The effect of four bytes that `more` bytes follow. The first byte is the lowest. */
function effect(word: number, more: number): number {
  const table = 256 * more;
  return (
    (TABLES[table + 768 + (word & 0xff)] as number) ^
    (TABLES[table + 512 + ((word >>> 8) & 0xff)] as number) ^
    (TABLES[table + 256 + ((word >>> 16) & 0xff)] as number) ^
    (TABLES[table + (word >>> 24)] as number)
  );
}
