import type { Range } from '../../src/bytes/ranges.ts';
import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import { InspectError } from '../../src/errors.ts';

/** What goes wrong with a file while it is read. */
export interface Faults {
  /** Bytes that no read gets, as on a disk with a bad block. */
  readonly bad?: readonly Range[];
  /** The number of the one read, from 0 on, that is refused and would succeed the next time. */
  readonly refused?: number;
  /** From the read of that number on the file ends there, whatever its size was. */
  readonly cut?: { readonly from: number; readonly at: number };
  /** From the read of that number on all reads are refused: a disk that was taken out. */
  readonly gone?: number;
}

/** A file that fails as files do: with EIO, or by being shorter than it was. */
export class FaultySource implements ByteSource {
  readonly isProcfs = false;
  /** Where each read began, in their order. */
  readonly positions: number[] = [];
  readonly #source: ByteSource;
  readonly #faults: Faults;

  constructor(source: ByteSource, faults: Faults = {}) {
    this.#source = source;
    this.#faults = faults;
  }

  get path(): string {
    return this.#source.path;
  }

  get size(): number {
    return this.#source.size;
  }

  get statistics(): ReadStatistics {
    return this.#source.statistics;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const number = this.positions.push(start) - 1;
    const { bad = [], refused, gone, cut } = this.#faults;
    const hit = bad.find((range) => start < range.end && start + into.length > range.start);
    if (hit || number === refused || (gone !== undefined && number >= gone))
      throw failure(this.path, Math.max(start, hit?.start ?? 0));
    if (!cut || number < cut.from) return this.#source.read(position, into);
    return this.#source.read(position, into.subarray(0, Math.max(0, Math.min(into.length, cut.at - start))));
  }

  close(): void {}
}

function failure(path: string, offset: number): InspectError {
  const message = `${path}: cannot read at offset 0x${offset.toString(16)}: EIO: i/o error, read`;
  return new InspectError('io', message, { path, offset, errno: 'EIO' });
}
