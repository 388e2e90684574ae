import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import { u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PHYSICAL_LIMIT } from '../../machine.ts';
import { unsupported } from '../elf/header.ts';
import type { Open } from '../image/format.ts';
import type { MemoryImage } from '../image/image.ts';
import { type PlainRange, plainImage } from '../image/plain-image.ts';
import { type DecodeSnappy, loadSnappy } from '../image/snappy.ts';
import { type Chunk, ChunkHeaders } from './chunks.ts';
import { isAvml } from './signature.ts';
import { SnappySource } from './snappy-source.ts';

const VERSION = 2;
/** 16 TiB in blocks of 16 MiB. */
const BLOCKS_LIMIT = 2 ** 20;
/** Bytes of the length that follows a stream. */
const LENGTH = 8;

/** Header of AVML's image.rs, laid out as LiME's; `end` is the last byte of the block. */
const header = struct('AVML header', 32, { version: u32(4), start: u64(8), end: u64(16) });

/** A block of memory; `offset` is where its contents begin among those of all streams. */
interface Block extends PlainRange {
  /** Where its stream begins in the file. */
  readonly stream: number;
}

/** Returns what opens AVML images; that throws InspectError unsupported or corrupt. */
export function loadOpenAvml(): Open {
  const decode = snappyOrRefusal();
  return ([file]) => new AvmlReader(file, decode).image();
}

/** Node.js may refuse WebAssembly: under --jitless, or with little address space (ulimit -v). */
function snappyOrRefusal(): DecodeSnappy {
  try {
    return loadSnappy();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return () => {
      throw new InspectError('io', `this Node.js cannot decode snappy: ${why}`);
    };
  }
}

/**
 * Reads AVML's own format (version 2; version 1 is LiME's): blocks of memory, each a header, a framed snappy
 * stream and the length of that. Blocks that are all zero are left out, and the file has no end mark.
 */
class AvmlReader {
  readonly #file: ByteSource;
  readonly #source: SnappySource;
  readonly #headers: ChunkHeaders;
  readonly #blocks: Block[] = [];
  readonly #warnings: string[] = [];
  /** Whether memory is known to be missing, and whether nothing after it can be read. */
  #incomplete = false;
  #ended = false;

  constructor(file: ByteSource, decode: DecodeSnappy) {
    this.#file = file;
    this.#source = new SnappySource(file, decode);
    this.#headers = new ChunkHeaders(file);
  }

  /** @throws InspectError unsupported or corrupt */
  image(): MemoryImage {
    for (let at = 0; !this.#ended && at < this.#file.size; ) at = this.#readBlock(at);
    if (this.#file.size === 0) throw this.#corrupt(0, 'the file is empty');
    const image = plainImage(this.#source, {
      format: 'AVML image',
      type: 'RAM',
      ranges: this.#blocks,
      warnings: this.#warnings,
      incomplete: this.#incomplete,
      encoded: true,
    });
    const segments = [...image.segments].map((segment, i) => ({
      ...segment,
      offset: BigInt((this.#blocks[i] as Block).stream),
    }));
    const indexBytes = (image.indexBytes ?? 0) + this.#source.indexBytes;
    return { ...image, segments, bytes: this.#file.size, indexBytes };
  }

  /** Reads the block at an offset. Returns where the next one is. */
  #readBlock(at: number): number {
    const range = this.#headerAt(at);
    if (!range) {
      this.#stop(`ends inside a header at offset ${hex(at)}: it was cut short`);
      return at;
    }
    const stream = at + header.size;
    const offset = this.#source.size;
    const size = range.end - range.start;
    const end = this.#readStream(stream, size);
    const held = this.#source.size - offset;
    if (held > size) throw this.#corrupt(at, `its ${size} bytes are ${held} in its stream`);
    // A block whose stream is empty is all zero, like one that is left out.
    if (held > 0 || this.#ended) this.#blocks.push({ ...range, offset, stream });
    if (this.#ended) return end;
    this.#checkLength(end, stream);
    if (held > 0 && held < size) {
      this.#source.lose(size - held);
      this.#incomplete = true;
      this.#warnings.push(`the AVML block at offset ${hex(at)} has ${held} of its ${size} bytes`);
    }
    return end + LENGTH;
  }

  #headerAt(at: number): Range | undefined {
    const bytes = this.#headers.peek(at, header.size);
    if (bytes.length < header.size && this.#blocks.length > 0) return undefined;
    const { version, start, end } = header.decode(bytes, 0, at);
    if (!isAvml(bytes))
      throw this.#corrupt(at, 'there is no header, though one must follow the previous block');
    if (version !== VERSION) throw unknownVersion(this.#file, version);
    // An empty block ends before it starts.
    if (end + 1n < start || end >= BigInt(PHYSICAL_LIMIT))
      throw this.#corrupt(at, `it claims memory from ${hex(start)} to ${hex(end)}`);
    if (this.#blocks.length >= BLOCKS_LIMIT)
      throw this.#corrupt(at, `it has more than ${BLOCKS_LIMIT} blocks, which no machine has`);
    return { start: Number(start), end: Number(end) + 1 };
  }

  /** Reads the chunks of a stream of so many decoded bytes. Returns where it ends. */
  #readStream(stream: number, size: number): number {
    const source = this.#source;
    const full = source.size + size;
    source.beginStream();
    for (let at = stream; ; ) {
      if (source.size >= full) return this.#afterPadding(at, stream);
      if (this.#endsAt(at, stream)) return at;
      const chunk = this.#headers.at(at);
      if (chunk.kind === 'cut' || chunk.kind === 'bad') {
        this.#stopAt(at, chunk);
        return at;
      }
      if (chunk.kind === 'data') source.add(at, chunk.data.size);
      at = chunk.next;
    }
  }

  /** Where a stream ends that has all its data before `at`: there, or after chunks that may be skipped. */
  #afterPadding(at: number, stream: number): number {
    for (let next = at; ; ) {
      if (this.#endsAt(next, stream)) return next;
      const chunk = this.#headers.at(next);
      if (chunk.kind !== 'skip') return at;
      next = chunk.next;
    }
  }

  /** Whether the length of a stream is here: it is the number of bytes since the stream began. */
  #endsAt(at: number, stream: number): boolean {
    const bytes = this.#headers.peek(at, LENGTH);
    return bytes.length === LENGTH && u64At(bytes, 0) === BigInt(at - stream);
  }

  #checkLength(at: number, stream: number): void {
    const bytes = this.#headers.peek(at, LENGTH);
    if (bytes.length < LENGTH) this.#stop(`ends inside the length of a stream at offset ${hex(at)}`);
    else if (!this.#endsAt(at, stream))
      this.#warnings.push(
        `the AVML image has a stream of ${at - stream} bytes at offset ${hex(stream)}, but ${u64At(bytes, 0)} as its length`,
      );
  }

  #stopAt(at: number, chunk: Extract<Chunk, { kind: 'cut' | 'bad' }>): void {
    if (chunk.kind === 'cut') {
      this.#stop(`ends inside a chunk at offset ${hex(at)}: it was cut short`);
      return;
    }
    if (chunk.unsupported && this.#source.size === 0)
      throw unsupported(this.#file.path, `an AVML image whose chunk at offset ${hex(at)} ${chunk.why}`);
    this.#stop(`cannot be read past offset ${hex(at)}: the chunk there ${chunk.why}`);
  }

  /** Nothing more is read. */
  #stop(why: string): void {
    this.#incomplete = true;
    this.#ended = true;
    this.#warnings.push(`the AVML image ${why}`);
  }

  #corrupt(offset: number, what: string): InspectError {
    const { path } = this.#file;
    const message = `${path}: AVML header at offset ${hex(offset)}: ${what}`;
    return new InspectError('corrupt', message, { path, offset });
  }
}

/** Newer versions of AVML can write this one's files in LiME's format. */
function unknownVersion({ path }: ByteSource, version: number): InspectError {
  return unsupported(
    path,
    `an AVML image of version ${version}; only version ${VERSION} is known`,
    'convert it to a LiME image first: avml convert FILE FILE.lime',
  );
}
