import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';

/** A part of a file: bytes, a piece of another file, or zeros. */
export type Part =
  | Uint8Array
  | { readonly source: ByteSource; readonly from: number; readonly length: number }
  | { readonly zeros: number };

function lengthOf(part: Part): number {
  if (part instanceof Uint8Array) return part.length;
  return 'zeros' in part ? part.zeros : part.length;
}

/** A file made of parts in order, which puts a dump into another container without copying it. */
export class PartsSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #parts: readonly Part[];
  readonly #starts: readonly number[];

  constructor(parts: readonly Part[], path = 'parts') {
    let at = 0;
    this.#parts = parts;
    this.#starts = parts.map((part) => {
      const start = at;
      at += lengthOf(part);
      return start;
    });
    this.path = path;
    this.size = at;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const length = Math.max(0, Math.min(into.length, this.size - start));
    this.statistics.reads++;
    for (let done = 0; done < length; ) {
      const index = this.#partAt(start + done);
      const part = this.#parts[index] as Part;
      const inside = start + done - (this.#starts[index] as number);
      const count = Math.min(length - done, lengthOf(part) - inside);
      copy(part, inside, into.subarray(done, done + count));
      done += count;
    }
    this.statistics.bytes += length;
    return length;
  }

  close(): void {}

  /** The last part that starts at or before a position and is not empty. */
  #partAt(position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function copy(part: Part, inside: number, into: Uint8Array): void {
  if (part instanceof Uint8Array) into.set(part.subarray(inside, inside + into.length));
  else if ('zeros' in part) into.fill(0);
  else if (part.source.read(part.from + inside, into) !== into.length)
    throw new Error('a part ends too early');
}

/** The first `size` bytes of a file: what is left if a disk was full or a transfer broke off. */
export class CutSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #file: ByteSource;

  constructor(file: ByteSource, size: number) {
    this.#file = file;
    this.path = `${file.path}, cut at ${size}`;
    this.size = size;
  }

  read(position: number | bigint, into: Uint8Array): number {
    const left = BigInt(this.size) - BigInt(position);
    if (left <= 0n) return 0;
    return this.#file.read(position, left < into.length ? into.subarray(0, Number(left)) : into);
  }

  close(): void {}
}
