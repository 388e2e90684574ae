import { snappyCompress } from 'hysnappy';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { Segment } from '../../src/formats/image/image.ts';
import { limeHeader, type Piece, partOf, ramOf } from './containers.ts';
import { concat, packed } from './encode.ts';
import { type Part, PartsSource } from './parts-source.ts';

/** MAX_BLOCK_SIZE of AVML's image.rs. */
export const AVML_BLOCK = 1 << 24;
/** Most bytes that a chunk of snappy's framing format decodes to. */
const CHUNK = 65_536;

/** A block's header in AVML's own format, version 2. */
export function avmlHeader(start: number | bigint, last: number | bigint, version = 2): Uint8Array {
  const header = limeHeader(start, last, version);
  header.set(Buffer.from('AVML', 'latin1'));
  return header;
}

export const STREAM_IDENTIFIER = concat(
  packed(4, [[0, 4, 0xff | (6 << 8)]]),
  Buffer.from('sNaPpY', 'latin1'),
);

/** A chunk of snappy's framing format that may be skipped: padding, or of a type that is not known. */
export function skippable(length: number, type = 0xfe): Uint8Array {
  return concat(packed(4, [[0, 4, type | (length << 8)]]), new Uint8Array(length).fill(0xa5));
}

/** A chunk with data. */
export function dataChunk(bytes: Uint8Array, compressed: boolean, checksum = masked(bytes)): Uint8Array {
  const encoded = compressed ? snappyCompress(bytes) : bytes;
  const header = packed(8, [
    [0, 4, (compressed ? 0 : 1) | ((encoded.length + 4) << 8)],
    [4, 4, checksum],
  ]);
  return concat(header, encoded);
}

/** A block of AVML's own format from the chunks of its stream. */
export function avmlBlock(start: number, size: number, chunks: readonly Uint8Array[]): Uint8Array {
  const stream = concat(...chunks);
  return concat(avmlHeader(start, start + size - 1), stream, packed(8, [[0, 8, stream.length]]));
}

/** The chunks of a stream: mostly compressed, some not, with chunks between them that must be skipped. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks = [STREAM_IDENTIFIER];
  for (let at = 0, n = 0; at < bytes.length; at += CHUNK, n++) {
    const data = bytes.subarray(at, at + CHUNK);
    chunks.push(data.length === CHUNK && areZeros(data) ? ZERO_CHUNK : dataChunk(data, n % 5 !== 3));
    if (n % 50 === 7) chunks.push(skippable(n), skippable(1, 0x80 + (n % 0x7e)));
  }
  return chunks;
}

/** The form in which AVML writes memory: its own, or LiME's. */
export type AvmlForm = 'avml' | 'lime';

/**
 * What AVML since 0.18 saves of the memory of an ELF dump: each range in blocks, without those that are all
 * zero.
 */
export function asAvml(file: ByteSource, segments: readonly Segment[], form: AvmlForm): PartsSource {
  const parts = blocksOf(ramOf(segments)).flatMap((block): Part[] => {
    const bytes = new Uint8Array(block.end - block.start);
    file.read(block.from, bytes);
    if (areZeros(bytes)) return [];
    return form === 'lime'
      ? [limeHeader(block.start, block.end - 1), partOf(file, block)]
      : [avmlBlock(block.start, bytes.length, chunksOf(bytes))];
  });
  return new PartsSource(parts, `${file.path} as AVML writes it`);
}

function blocksOf(ranges: readonly Piece[]): Piece[] {
  return ranges.flatMap(({ start, end, from }) =>
    Array.from({ length: Math.ceil((end - start) / AVML_BLOCK) }, (_, i) => ({
      start: start + i * AVML_BLOCK,
      end: Math.min(end, start + (i + 1) * AVML_BLOCK),
      from: from + i * AVML_BLOCK,
    })),
  );
}

/** The effect of each byte on CRC-32C, whose reflected polynomial is 0x82f63b78. */
const EFFECTS = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  return crc;
});

/** The checksum of framing_format.txt: CRC-32C, turned right by 15 bits, plus a constant. */
export function masked(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (EFFECTS[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}

const ZEROS = Buffer.alloc(AVML_BLOCK);
/** Made once, because most of memory is such. */
const ZERO_CHUNK = dataChunk(new Uint8Array(CHUNK), true);
const areZeros = (bytes: Uint8Array) => Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
