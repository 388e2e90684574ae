import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';

/** MAX_SIZE_MDF_HEADER: the file's own header fills a block, records follow (makedumpfile.h) */
export const HEADER_BLOCK = 4096;
/** struct makedumpfile_data_header: where the data belongs and how long it is, both big-endian i64 */
export const RECORD_HEADER = 16;
/** END_FLAG_FLAT_HEADER, in both fields of the last record */
const END = -1;
/** No file reaches further, and a number counts no byte exactly beyond. */
const TARGET_LIMIT = Number.MAX_SAFE_INTEGER;

/** Records no longer than this are read many headers at once. */
const SMALL_RECORD = 16_384;
const WINDOW = 65_536;

/** Bytes of the file that was flattened: where they belong in it, and where the flattened file has them. */
export interface FlatRecord {
  readonly target: number;
  readonly size: number;
  readonly position: number;
}

/** Reads record headers: each by itself where data of many KiB lie between them, else with all that follow it. */
class RecordHeaders {
  /** The fields of the header that was looked at last; exact up to 2^53. */
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

  /** Looks at the header at a position; false where the file ends before its end. */
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
 * Goes through all records in the order in which they were written, and tells of what the file holds of each.
 * @returns whether the file ends as it should, with an end record; false where it was cut short. A record of no bytes
 * ends it, too, as it does for makedumpfile -R: it is what a preallocated rest reads as.
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
  const message = `${path}: flattened file: the record at offset ${hex(at)} claims ${claim}, which no file has`;
  return new InspectError('corrupt', message, { path, offset: at });
}
