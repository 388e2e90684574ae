import type { ByteSource } from '../../src/bytes/source.ts';
import { u64At } from '../../src/bytes/words.ts';
import { readKdumpHeader } from '../../src/formats/kdump/header.ts';
import { ascii, concat } from './encode.ts';
import { MemorySource, type SourceOptions } from './memory-source.ts';
import { type Part, PartsSource } from './parts-source.ts';

/** Bytes and their offset in the file that is flattened, or a header that claims something else. */
export interface FlatRecipe {
  readonly target: number | bigint;
  readonly bytes?: Uint8Array;
  /** What the header says; the length of the bytes if absent. */
  readonly size?: number | bigint;
}

export interface FlatOptions extends SourceOptions {
  readonly type?: bigint;
  readonly version?: bigint;
  /** Whether to write the end record; true if absent. */
  readonly end?: boolean;
}

/** struct makedumpfile_header in its 4096-byte block: big-endian on every machine. */
export function flatHeader(type = 1n, version = 1n): Uint8Array {
  const block = new Uint8Array(4096);
  block.set(ascii('makedumpfile'));
  const view = new DataView(block.buffer);
  view.setBigInt64(16, type);
  view.setBigInt64(24, version);
  return block;
}

/** struct makedumpfile_data_header. */
export function recordHeader(target: number | bigint, size: number | bigint): Uint8Array {
  const header = new Uint8Array(16);
  const view = new DataView(header.buffer);
  view.setBigInt64(0, BigInt(target));
  view.setBigInt64(8, BigInt(size));
  return header;
}

export const END_RECORD = recordHeader(-1, -1);

export function flatBytes(records: readonly FlatRecipe[], options: FlatOptions = {}): Uint8Array {
  const parts = records.flatMap(({ target, bytes = new Uint8Array(0), size = bytes.length }) => [
    recordHeader(target, size),
    bytes,
  ]);
  return concat(
    flatHeader(options.type, options.version),
    ...parts,
    options.end === false ? new Uint8Array(0) : END_RECORD,
  );
}

export function flatSource(records: readonly FlatRecipe[], options: FlatOptions = {}): MemorySource {
  return new MemorySource([{ at: 0n, bytes: flatBytes(records, options) }], options);
}

/** A piece of a file that is to be flattened. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** A file as `makedumpfile -F` sends it: in pieces, each through a buffer of `size` bytes; not copied. */
export function flattened(file: ByteSource, pieces: readonly Piece[], size = 65_536): PartsSource {
  const parts = pieces.flatMap(({ start, end }) => {
    const records: Part[] = [];
    for (let at = start; at < end; at += size) {
      const length = Math.min(size, end - at);
      records.push(recordHeader(at, length), { source: file, from: at, length });
    }
    return records;
  });
  return new PartsSource([flatHeader(), ...parts, END_RECORD], `${file.path}, flattened`);
}

/**
 * A kdump-compressed file as `makedumpfile -F` sends it: the headers and bitmaps without their padding to
 * blocks, then page descriptors and the data of their pages in turn (write_kdump_page flushes both buffers
 * together).
 */
export function flattenedKdump(file: ByteSource): PartsSource {
  const { bitmap1, bitmap2, descriptors } = readKdumpHeader(file);
  const first = new Uint8Array(8);
  file.read(descriptors, first);
  const data = Number(u64At(first, 0));
  const turns = Math.ceil((data - descriptors) / 360);
  const share = Math.ceil((file.size - data) / turns);
  const pieces = Array.from({ length: turns }, (_, i) => [
    { start: descriptors + i * 360, end: Math.min(data, descriptors + (i + 1) * 360) },
    { start: data + i * share, end: Math.min(file.size, data + (i + 1) * share) },
  ]).flat();
  const heads = [
    { start: 0, end: 464 },
    { start: 4096, end: bitmap1.offset },
    ...[bitmap1, bitmap2].map(({ offset, size }) => ({ start: offset, end: offset + size })),
  ];
  return flattened(file, [...heads, ...pieces.filter(({ start, end }) => end > start)]);
}
