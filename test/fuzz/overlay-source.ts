import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';
import type { Chunk } from '../builders/encode.ts';

const PAGE = 4096;

/** Bytes that replace a file's own from a position on. */
export interface Edit {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Applies an edit to what was read from a file at `start`. */
export function applyEdit({ at, bytes }: Edit, start: number, read: Uint8Array): void {
  const from = Math.max(at, start);
  const to = Math.min(at + bytes.length, start + read.length);
  if (from < to) read.set(bytes.subarray(from - at, to - at), from - start);
}

/** A file of any size whose pages are zero, except some. */
export class SparseSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #pages = new Map<number, Uint8Array>();

  /** @param size bytes; up to the end of the last chunk if absent */
  constructor(chunks: readonly Chunk[], size?: number, path = 'built') {
    this.path = path;
    this.size = size ?? chunks.reduce((most, { at, bytes }) => Math.max(most, Number(at) + bytes.length), 0);
    for (const { at, bytes } of chunks) this.#put(Number(at), bytes);
  }

  #put(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const inside = (at + done) % PAGE;
      const piece = bytes.subarray(done, done + PAGE - inside);
      done += piece.length;
      if (piece.every((byte) => byte === 0)) continue;
      const number = Math.floor((at + done - piece.length) / PAGE);
      const page = this.#pages.get(number) ?? new Uint8Array(PAGE);
      page.set(piece, inside);
      this.#pages.set(number, page);
    }
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const length = Math.max(0, Math.min(into.length, this.size - start));
    into.fill(0, 0, length);
    for (let at = start; at < start + length; at += PAGE - (at % PAGE)) {
      const page = this.#pages.get(Math.floor(at / PAGE));
      if (!page) continue;
      into.set(page.subarray(at % PAGE, Math.min(PAGE, (at % PAGE) + start + length - at)), at - start);
    }
    return length;
  }

  close(): void {}
}

/** A file with some changes, cut or grown to a size, under another name. Only what is changed is copied. */
export class OverlaySource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs: boolean;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #file: ByteSource;
  readonly #edits: readonly Edit[];

  constructor(
    file: ByteSource,
    edits: readonly Edit[],
    { path, size, isProcfs }: { path: string; size: number; isProcfs: boolean },
  ) {
    this.#file = file;
    this.#edits = edits;
    this.path = path;
    this.size = size;
    this.isProcfs = isProcfs;
  }

  /** @throws RangeError for a position that no system accepts: the program must not use one */
  read(position: number | bigint, into: Uint8Array): number {
    if (position < 0 || (typeof position === 'number' && !Number.isInteger(position)))
      throw new RangeError(`a file is read at ${position}`);
    this.statistics.reads++;
    if (position >= this.size) return 0;
    const start = Number(position);
    const wanted = into.subarray(0, Math.min(into.length, this.size - start));
    const got = this.#file.read(start, wanted);
    wanted.fill(0, got);
    for (const edit of this.#edits) applyEdit(edit, start, wanted);
    this.statistics.bytes += wanted.length;
    return wanted.length;
  }

  close(): void {}
}
