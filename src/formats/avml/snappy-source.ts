import { GrowingFloats } from '../../bytes/growing-floats.ts';
import { Lru } from '../../bytes/lru.ts';
import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource, ReadStatistics } from '../../bytes/source.ts';
import { InspectError, isOutOfMemory } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { DecodeSnappy } from '../image/snappy.ts';
import { type Chunk, ChunkHeaders, type DataChunk } from './chunks.ts';
import { maskedCrc32c } from './crc32c.ts';

/** Only the place of every 16th chunk is kept: 16 bytes per MiB of memory, so 16 MiB per TiB. */
const GROUP = 16;
/** Groups of chunks whose headers are kept. */
const KEPT_GROUPS = 64;
/** Decoded chunks that are kept: 2 MiB. A scan reads struct pages and contents in turn. */
const KEPT_CHUNKS = 32;
/** In place of an offset, for bytes that are lost. */
const NOWHERE = -1;
/** A chunk of zeros takes about 3,100 bytes. */
const ZEROS_LIMIT = 4096;

/** A chunk and the position of its first byte in the decoded contents. */
interface Placed extends DataChunk {
  readonly at: number;
}

/**
 * The contents of framed snappy streams, one after the other. A read decodes the chunks that it needs, and
 * checks them. The streams are told by whoever walks through the file.
 */
export class SnappySource implements ByteSource {
  readonly path: string;
  readonly isProcfs = false;
  /** Bytes of decoded contents, the lost ones among them. */
  size = 0;
  readonly lost: Range[] = [];
  readonly #file: ByteSource;
  readonly #decode: DecodeSnappy;
  readonly #headers: ChunkHeaders;
  /** Of the first chunk of each group: its position in the decoded contents, and in the file. */
  readonly #positions = new GrowingFloats();
  readonly #offsets = new GrowingFloats();
  #inGroup = 0;
  readonly #groups = new Lru<number, readonly Placed[]>(KEPT_GROUPS);
  readonly #decoded = new Lru<number, Uint8Array>(KEPT_CHUNKS);
  /** The encoded form of a chunk of zeros, once one was met: most chunks of free memory are such. */
  #zeros: { readonly encoded: Uint8Array; readonly size: number } | undefined;
  #encoded = new Uint8Array(0);
  #last: Placed | undefined;

  constructor(file: ByteSource, decode: DecodeSnappy) {
    this.path = file.path;
    this.#file = file;
    this.#decode = decode;
    this.#headers = new ChunkHeaders(file);
  }

  get statistics(): ReadStatistics {
    return this.#file.statistics;
  }

  /** The same as MemoryImage's `indexBytes`. */
  get indexBytes(): number {
    return 3 * 16 * this.#positions.length;
  }

  /** Begins another stream, whose chunks need not follow those before. */
  beginStream(): void {
    this.#inGroup = 0;
  }

  /** Adds the chunk at an offset of the file; `size` is what it decodes to. */
  add(offset: number, size: number): void {
    if (this.#inGroup === 0) {
      this.#positions.push(this.size);
      this.#offsets.push(offset);
    }
    this.#inGroup = (this.#inGroup + 1) % GROUP;
    this.size += size;
  }

  /** Adds bytes that a stream should have and does not have. */
  lose(size: number): void {
    this.#positions.push(this.size);
    this.#offsets.push(NOWHERE);
    this.beginStream();
    this.lost.push({ start: this.size, end: this.size + size });
    this.size += size;
  }

  /** @throws InspectError corrupt, for a damaged chunk; io */
  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const length = Math.max(0, Math.min(into.length, this.size - start));
    for (let done = 0; done < length; ) {
      const chunk = this.#chunkAt(start + done);
      if (!chunk) return done;
      const inside = start + done - chunk.at;
      const part = this.#contents(chunk).subarray(inside, inside + length - done);
      into.set(part, done);
      done += part.length;
    }
    return length;
  }

  close(): void {
    this.#file.close();
  }

  #chunkAt(position: number): Placed | undefined {
    const last = this.#last;
    if (last && position >= last.at && position < last.at + last.size) return last;
    const group = this.#groupOf(position);
    this.#last = this.#groups
      .get(group, () => this.#chunksOf(group))
      .find(({ at, size }) => position < at + size);
    return this.#last;
  }

  #groupOf(position: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#positions.at(middle) <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #chunksOf(group: number): Placed[] {
    const last = group + 1 === this.#positions.length;
    const end = last ? this.size : this.#positions.at(group + 1);
    const chunks: Placed[] = [];
    let offset = this.#offsets.at(group);
    if (offset === NOWHERE) return [];
    for (let at = this.#positions.at(group); at < end; ) {
      const chunk: Chunk = this.#headers.at(offset);
      // The file has changed since it was opened.
      if (chunk.kind === 'cut' || chunk.kind === 'bad') break;
      offset = chunk.next;
      if (chunk.kind === 'skip') continue;
      chunks.push({ ...chunk.data, at });
      at += chunk.data.size;
    }
    return chunks;
  }

  #contents(chunk: Placed): Uint8Array {
    return this.#decoded.get(chunk.at, () => this.#decodeChunk(chunk));
  }

  #decodeChunk({ offset, length, size, compressed, checksum }: DataChunk): Uint8Array {
    if (this.#encoded.length < length) this.#encoded = new Uint8Array(length);
    const encoded = this.#encoded.subarray(0, length);
    const where = `chunk at offset ${hex(offset)}`;
    if (this.#file.read(offset, encoded) < length) throw damaged(`${where}: the file ends inside it`);
    if (compressed && this.#areZeros(encoded, size)) return new Uint8Array(size);
    const bytes = compressed ? this.#decompressed(encoded, size, where) : encoded.slice();
    if (maskedCrc32c(bytes) !== checksum) throw damaged(`${where}: its checksum is wrong`);
    if (compressed && length <= ZEROS_LIMIT && bytes.every((byte) => byte === 0))
      this.#zeros = { encoded: encoded.slice(), size };
    return bytes;
  }

  #decompressed(encoded: Uint8Array, size: number, where: string): Uint8Array {
    try {
      return this.#decode(encoded, size);
    } catch (error) {
      if (error instanceof InspectError || isOutOfMemory(error)) throw error;
      throw damaged(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The same bytes decode to the same contents. */
  #areZeros(encoded: Uint8Array, size: number): boolean {
    const zeros = this.#zeros;
    return zeros !== undefined && zeros.size === size && Buffer.compare(zeros.encoded, encoded) === 0;
  }
}

const damaged = (what: string) => new InspectError('corrupt', what);
