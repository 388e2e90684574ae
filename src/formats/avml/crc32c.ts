/** CRC-32C (Castagnoli), reflected: RFC 3720, appendix B.4. */
const POLYNOMIAL = 0x82f6_3b78;
/** Bytes that are looked up at once: eight times as fast as one by one. */
const AT_ONCE = 8;

/** Table k is the effect of a byte that k more bytes follow. */
const TABLES = tables();

function tables(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    return crc;
  });
  const all = [first];
  for (let k = 1; k < AT_ONCE; k++) {
    const before = all[k - 1] as Uint32Array;
    all.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)));
  }
  return all;
}

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/**
 * The checksum of a chunk as snappy's framing format stores it: CRC-32C, rotated and with a constant added
 * ("masked", framing_format.txt, section 3).
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}

function crc32c(bytes: Uint8Array): number {
  const fast = bytes.length - (bytes.length % AT_ONCE);
  let crc = ~0;
  for (let i = 0; i < fast; i += AT_ONCE) {
    crc =
      (T7[(crc ^ (bytes[i] as number)) & 0xff] as number) ^
      (T6[((crc >>> 8) ^ (bytes[i + 1] as number)) & 0xff] as number) ^
      (T5[((crc >>> 16) ^ (bytes[i + 2] as number)) & 0xff] as number) ^
      (T4[((crc >>> 24) ^ (bytes[i + 3] as number)) & 0xff] as number) ^
      (T3[bytes[i + 4] as number] as number) ^
      (T2[bytes[i + 5] as number] as number) ^
      (T1[bytes[i + 6] as number] as number) ^
      (T0[bytes[i + 7] as number] as number);
  }
  for (let i = fast; i < bytes.length; i++)
    crc = (crc >>> 8) ^ (T0[(crc ^ (bytes[i] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
