import type { ByteSource } from '../../bytes/source.ts';
import { u32At } from '../../bytes/words.ts';
import { hex } from '../../hex.ts';
import { snappyLength } from '../image/snappy.ts';

/*
 * The framing format of snappy (framing_format.txt): chunks of a type (u8), a length (u24) and so many bytes.
 * In chunks with data a checksum (u32) comes first.
 */

const COMPRESSED = 0;
const UNCOMPRESSED = 1;
/** Types from here on, padding (0xfe) among them, may be skipped; those below may not. */
const FIRST_SKIPPABLE = 0x80;
const IDENTIFIER = 0xff;
/** The contents of an identifier chunk. */
const NAME = Buffer.from('sNaPpY', 'latin1');

const HEADER = 4;
const CHECKSUM = 4;
/** A chunk never decodes to more. */
export const CHUNK_LIMIT = 65_536;
/** No encoder makes more of that: snappy's MaxCompressedLength(65,536). */
const ENCODED_LIMIT = 32 + CHUNK_LIMIT + Math.floor(CHUNK_LIMIT / 6);

/** What is looked at of a chunk: its header, the checksum and the length of what is compressed. */
const LOOK = HEADER + CHECKSUM + 5;
/** Among chunks up to this size, many headers are read at once. */
const SMALL = 16_384;
const WINDOW = 65_536;

/** A chunk with data. Positions are in the file, sizes in bytes. */
export interface DataChunk {
  readonly compressed: boolean;
  readonly checksum: number;
  /** Where the encoded data begin, and how many there are. */
  readonly offset: number;
  readonly length: number;
  /** How many bytes they decode to. */
  readonly size: number;
}

/** A chunk, or why there is none: the file ends in it, or no reader may go on. */
export type Chunk =
  | { readonly kind: 'data'; readonly next: number; readonly data: DataChunk }
  | { readonly kind: 'skip'; readonly next: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'bad'; readonly why: string; readonly unsupported: boolean };

const bad = (why: string, unsupported = false): Chunk => ({ kind: 'bad', why, unsupported });

/** Reads the headers of chunks: one at a time if many KiB of data lie between them, otherwise many at once. */
export class ChunkHeaders {
  readonly #source: ByteSource;
  readonly #window = new Uint8Array(WINDOW);
  #start = 0;
  #length = 0;
  #before = Number.POSITIVE_INFINITY;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The chunk at a position of the file. */
  at(position: number): Chunk {
    const bytes = this.peek(position, LOOK);
    if (bytes.length < HEADER) return { kind: 'cut' };
    const word = u32At(bytes, 0);
    const type = word & 0xff;
    const length = word >>> 8;
    const next = position + HEADER + length;
    this.#before = length;
    if (next > this.#source.size && type !== COMPRESSED && type !== UNCOMPRESSED) return { kind: 'cut' };
    if (type === IDENTIFIER) return this.#identifier(position, length, next);
    if (type >= FIRST_SKIPPABLE) return { kind: 'skip', next };
    if (type > UNCOMPRESSED) return bad(`has type ${hex(type)}, which no reader may skip`, true);
    return this.#data(bytes, type === COMPRESSED, { position, length, next });
  }

  /** Up to `length` bytes of the file, which are valid until the next call. */
  peek(position: number, length: number): Uint8Array {
    if (position < this.#start || position + length > this.#start + this.#length) {
      const wanted = this.#before <= SMALL ? WINDOW : length;
      this.#start = position;
      this.#length = this.#source.read(position, this.#window.subarray(0, wanted));
    }
    const at = position - this.#start;
    return this.#window.subarray(at, Math.min(at + length, this.#length));
  }

  #identifier(position: number, length: number, next: number): Chunk {
    const name = this.peek(position + HEADER, NAME.length);
    if (length === NAME.length && NAME.equals(name)) return { kind: 'skip', next };
    return bad('is no stream identifier, although its type says so');
  }

  #data(
    bytes: Uint8Array,
    compressed: boolean,
    { position, length, next }: { position: number; length: number; next: number },
  ): Chunk {
    const encoded = length - CHECKSUM;
    const lengthBytes = bytes.subarray(HEADER + CHECKSUM, HEADER + Math.max(CHECKSUM, length));
    if (position + bytes.length >= this.#source.size && bytes.length < LOOK && next > this.#source.size)
      return { kind: 'cut' };
    const size = compressed ? snappyLength(lengthBytes) : encoded;
    if (encoded < 1 || encoded > ENCODED_LIMIT || size < 1 || size > CHUNK_LIMIT)
      return bad(`claims ${encoded} bytes that decode to ${size}`);
    if (next > this.#source.size) return { kind: 'cut' };
    const checksum = u32At(bytes, HEADER);
    const offset = position + HEADER + CHECKSUM;
    return { kind: 'data', next, data: { compressed, checksum, offset, length: encoded, size } };
  }
}
