import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';

/** MAX_SIZE_MDF_HEADER: the file's own header fills one block, then the records follow (makedumpfile.h) */
const HEADER_BLOCK = 4096;
/** struct makedumpfile_data_header: where the data belongs and how long it is, both big-endian i64 */
export const RECORD_HEADER = 16;
/** END_FLAG_FLAT_HEADER, in both fields of the last record */
const END = -1;
/** No file is larger, and numbers above this are not exact. */
const TARGET_LIMIT = Number.MAX_SAFE_INTEGER;

/** Among records up to this size, many headers are read at once. */
const SMALL_RECORD = 16_384;
const WINDOW = 65_536;

/**
 * Bytes of the file that was flattened: their offset in that file, and their position in the flattened file.
 */
export interface FlatRecord {
  readonly target: number;
  readonly size: number;
  readonly position: number;
}

/** Reads record headers: one at a time if many KiB of data lie between them, otherwise many at once. */
class RecordHeaders {
  /** The fields of the header that was read last; exact up to 2^53. */
  target = 0;
  size = 0;
  readonly #source: ByteSource;
  readonly #window = new Uint8Array(WINDOW);
  readonly #view = new DataView(this.#window.buffer);
  #start = 0;
  #length = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Reads the header at a position. False if the file ends inside it. */
  look(position: number, lastSize: number): boolean {
    if (position < this.#start || position + RECORD_HEADER > this.#start + this.#length) {
      const wanted = lastSize <= SMALL_RECORD ? WINDOW : RECORD_HEADER;
      this.#start = position;
      this.#length = this.#source.read(position, this.#window.subarray(0, wanted));
      if (this.#length < RECORD_HEADER) return false;
    }
    const at = position - this.#start;
    this.target = this.#view.getInt32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    this.size = this.#view.getInt32(at + 8) * 2 ** 32 + this.#view.getUint32(at + 12);
    return true;
  }

  /** What that header claims, in words. */
  claim(position: number): string {
    const at = position - this.#start;
    return `${this.#view.getBigInt64(at + 8)} bytes for offset ${this.#view.getBigInt64(at)}`;
  }
}

/**
 * Walks all records in the order in which they were written, and passes on the part of each that the file
 * holds.
 * @returns whether the file ends with an end record; false if it was cut short. A record of no bytes also
 * ends it, as for makedumpfile -R: the unused rest of a preallocated file reads like that
 * @throws InspectError corrupt, for a record that no file could hold
 */
export function walkRecords(source: ByteSource, onRecord: (record: FlatRecord) => void): boolean {
  const headers = new RecordHeaders(source);
  let lastSize = Number.POSITIVE_INFINITY;
  for (let at = HEADER_BLOCK; ; ) {
    if (!headers.look(at, lastSize)) return false;
    const { target, size } = headers;
    if (target === END && size === END) return true;
    if (size === 0) return false;
    if (target < 0 || size < 0 || target + size > TARGET_LIMIT)
      throw impossible(source, headers.claim(at), at);
    const position = at + RECORD_HEADER;
    const held = Math.max(0, Math.min(size, source.size - position));
    if (held > 0) onRecord({ target, size: held, position });
    if (held < size) return false;
    lastSize = size;
    at = position + size;
  }
}

function impossible({ path }: ByteSource, claim: string, at: number): InspectError {
  const message = `${path}: flattened file: the record at offset ${hex(at)} claims ${claim}, which no file can have`;
  return new InspectError('corrupt', message, { path, offset: at });
}
