import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import { InspectError } from '../../src/errors.ts';
import type { Chunk } from './encode.ts';

/** What is unusual about a file. */
export interface SourceOptions {
  readonly path?: string;
  readonly isProcfs?: boolean;
  /** The file ends here, whatever was built. */
  readonly cutAt?: number;
  /** The size that the file claims, if it is not true. */
  readonly size?: number;
  /** Reads that touch [start, end) are refused with EIO. */
  readonly failing?: { readonly start: number | bigint; readonly end: number | bigint };
}

/** A file in memory. Gaps between its chunks read as zeros, as in a sparse file and in /proc/kcore. */
export class MemorySource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs: boolean;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  /** The largest read, in bytes. */
  largestRead = 0;
  closed = false;
  readonly #chunks: readonly Chunk[];
  readonly #end: bigint;
  readonly #failing: SourceOptions['failing'];

  constructor(chunks: readonly Chunk[], options: SourceOptions = {}) {
    const built = chunks.reduce((most, c) => max(most, c.at + BigInt(c.bytes.length)), 0n);
    this.#chunks = chunks;
    this.#end = options.cutAt === undefined ? built : BigInt(options.cutAt);
    this.#failing = options.failing;
    this.path = options.path ?? 'built';
    this.size = options.size ?? Number(this.#end);
    this.isProcfs = options.isProcfs ?? false;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = BigInt(position);
    if (start < 0n) throw new RangeError(`a file has no position ${start}`);
    const end = min(start + BigInt(into.length), this.#end);
    this.statistics.reads++;
    this.largestRead = Math.max(this.largestRead, into.length);
    this.#refuse(start, end);
    if (end <= start) return 0;
    const length = Number(end - start);
    into.fill(0, 0, length);
    for (const { at, bytes } of this.#chunks) {
      const from = max(at, start);
      const to = min(at + BigInt(bytes.length), end);
      if (from < to) into.set(bytes.subarray(Number(from - at), Number(to - at)), Number(from - start));
    }
    this.statistics.bytes += length;
    return length;
  }

  #refuse(start: bigint, end: bigint): void {
    const failing = this.#failing;
    if (!failing || end <= BigInt(failing.start) || start >= BigInt(failing.end)) return;
    throw new InspectError('io', `${this.path}: EIO: i/o error, read`, { path: this.path, errno: 'EIO' });
  }

  close(): void {
    this.closed = true;
  }
}

const max = (a: bigint, b: bigint) => (a > b ? a : b);
const min = (a: bigint, b: bigint) => (a < b ? a : b);
