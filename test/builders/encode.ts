/** A little-endian number in a structure: offset, width in bytes, value. */
export type Field = readonly [at: number, bytes: 1 | 2 | 4 | 8, value: number | bigint];

/** A structure of `size` bytes that is zero except for its fields. */
export function packed(size: number, fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [at, width, value] of fields) {
    if (width === 8) view.setBigUint64(at, BigInt(value), true);
    else if (width === 4) view.setUint32(at, Number(value), true);
    else if (width === 2) view.setUint16(at, Number(value), true);
    else view.setUint8(at, Number(value));
  }
  return bytes;
}

/** Bytes one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One byte per character; characters above 0xff are not supported. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * Bytes, never zero, in which no two neighbouring runs are the same, so that a read from a wrong place shows.
 */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 1 + ((i * 37 + (i >> 8) * 11 + seed * 101) % 255));
}

/** The contents of a file that is mostly gaps. */
export interface Chunk {
  readonly at: bigint;
  readonly bytes: Uint8Array;
}

/** The chunks as one file, for small ones. */
export function flat(chunks: readonly Chunk[]): Uint8Array {
  const end = chunks.reduce((most, { at, bytes }) => Math.max(most, Number(at) + bytes.length), 0);
  const whole = new Uint8Array(end);
  for (const { at, bytes } of chunks) whole.set(bytes, Number(at));
  return whole;
}
