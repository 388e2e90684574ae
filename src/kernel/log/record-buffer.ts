import { InspectError, within } from '../../errors.ts';
import { describedBytes } from '../../formats/image/described.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';
import { type KernelLog, type LogEntry, lost, lostBy, mergeLost } from './log-record.ts';
import { PageReader } from './page-reader.ts';
import { type BufferLayout, bufferLayout, decodeRecord } from './printk-log.ts';
import type { LogSource } from './ring-header.ts';

/** LOG_BUF_LEN_MAX of kernel/printk/printk.c */
const MOST_BYTES = 2 ** 31;

interface Buffer {
  /** Virtual address. */
  readonly at: bigint;
  /** Bytes. */
  readonly length: number;
  /** Offset of the oldest record in bytes. */
  readonly first: number;
  /** Offset where the next record will be written, in bytes. */
  readonly next: number;
}

/**
 * A place in the buffer. After the last record that fits, one with length 0 sends the reader to the start.
 */
interface Place {
  readonly index: number;
  /** How many records are before it. */
  readonly position: number;
  readonly wrapped: boolean;
}

/**
 * The record buffer of 3.5 to 5.9 (log_buf of kernel/printk/printk.c, 7ff9554bb578). Records follow one
 * another, each beginning with its length, so after a missing or impossible header no record can be found.
 */
export class RecordBuffer implements KernelLog {
  readonly hasLevels: boolean;
  readonly doubts = [];
  readonly most = null;
  readonly #source: LogSource;
  readonly #layout: BufferLayout;
  readonly #buffer: Buffer;

  /**
   * @throws InspectError missingInfo, notMapped, notStored or corrupt if the buffer itself cannot be found
   */
  constructor(source: LogSource) {
    this.#source = source;
    this.#layout = bufferLayout(source.info);
    this.#buffer = readBuffer(source);
    this.hasLevels = this.#layout.priorityAt !== null;
  }

  entries(): Generator<LogEntry> {
    return mergeLost(this.#records());
  }

  *#records(): Generator<LogEntry> {
    const reader = new PageReader(this.#source.space);
    const { first, next } = this.#buffer;
    let place: Place | undefined = { index: first, position: 0, wrapped: first <= next };
    while (place && place.index !== next) {
      const { entry, following } = this.#record(reader, place);
      if (entry) yield entry;
      place = following;
    }
  }

  /** Returns the record at a place, and the following place, if it can be known. */
  #record(reader: PageReader, place: Place): { entry?: LogEntry; following?: Place } {
    const position = BigInt(place.position);
    const end = (what: string) => ({
      entry: lost({ position, sequence: null, count: null }, 'damaged', what),
    });
    try {
      const header = this.#header(reader, place.index);
      if (header.len === 0) {
        if (place.wrapped) return end('the buffer wraps a second time');
        return { following: { ...place, index: 0, wrapped: true } };
      }
      const wrong = this.#impossible(place.index, header);
      if (wrong) return end(wrong);
      const following = { ...place, index: place.index + header.len, position: place.position + 1 };
      return { entry: this.#decode(reader, place.index, position), following };
    } catch (error) {
      return { entry: lostBy(error, { position, sequence: null, count: null }, 'the header of a record') };
    }
  }

  /** A header that does not fit before the end of the buffer means the same as length 0. */
  #header(reader: PageReader, index: number) {
    const { header } = this.#layout;
    if (index + header.size > this.#buffer.length) return { len: 0, text_len: 0, dict_len: 0 };
    return header.decode(reader.bytes(this.#buffer.at + BigInt(index), header.size));
  }

  #impossible(
    index: number,
    record: { len: number; text_len: number; dict_len: number },
  ): string | undefined {
    const { len, text_len, dict_len } = record;
    const needed = this.#layout.header.size + text_len + dict_len;
    if (len < needed) return `the record at ${index} has a length of ${len}, but needs ${needed}`;
    const { length, next } = this.#buffer;
    const limit = index < next ? next : length;
    return index + len > limit ? `the record at ${index} has a length of ${len}, past ${limit}` : undefined;
  }

  #decode(reader: PageReader, index: number, position: bigint): LogEntry {
    try {
      return decodeRecord(this.#layout, reader, this.#buffer.at + BigInt(index), position);
    } catch (error) {
      return lostBy(error, { position, sequence: null, count: 1 }, 'the record');
    }
  }
}

/** @throws InspectError missingInfo, notMapped, notStored or corrupt */
function readBuffer({ space, info, image }: LogSource): Buffer {
  const u32 = (name: string) =>
    space.u32(required(info.symbol(name), `SYMBOL(${name})`, 'the kernel log cannot be found'));
  try {
    const pointer = required(info.symbol('log_buf'), 'SYMBOL(log_buf)', 'the kernel log cannot be found');
    const length = u32('log_buf_len');
    const memory = describedBytes(image.memory);
    if (length > Math.min(MOST_BYTES, memory))
      throw new InspectError('corrupt', `log_buf_len is ${length}, but the dump has ${memory} bytes`);
    const [first, next] = [u32('log_first_idx'), u32('log_next_idx')];
    if (Math.max(first, next) >= length)
      throw new InspectError('corrupt', `log_first_idx ${first} or log_next_idx ${next} is past ${length}`);
    return { at: space.u64(pointer), length, first, next };
  } catch (error) {
    throw within("the kernel's log buffer", error);
  }
}
