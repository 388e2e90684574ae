import type { ByteSource, ReadStatistics } from '../../src/bytes/source.ts';

const PAGE = 4096;

/** Bytes that stand in place of a file's own from a position on. */
export interface Edit {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A file of any size whose pages are zero but for some. */
export class SparseSource implements ByteSource {
  readonly path: string;
  readonly size: number;
  readonly isProcfs = false;
  readonly statistics: ReadStatistics = { reads: 0, bytes: 0 };
  readonly #pages = new Map<number, Uint8Array>();

  /** Copies a file of which most is zeros. */
  constructor(file: ByteSource) {
    this.path = file.path;
    this.size = file.size;
    const page = new Uint8Array(PAGE);
    for (let at = 0; at < file.size; at += PAGE) {
      const got = file.read(at, page);
      if (page.subarray(0, got).some((byte) => byte !== 0)) this.#pages.set(at / PAGE, page.slice(0, got));
    }
  }

  read(position: number | bigint, into: Uint8Array): number {
    const start = Number(position);
    const length = Math.max(0, Math.min(into.length, this.size - start));
    into.fill(0, 0, length);
    for (let at = start; at < start + length; at += PAGE - (at % PAGE)) {
      const page = this.#pages.get(Math.floor(at / PAGE));
      if (!page) continue;
      into.set(page.subarray(at % PAGE, (at % PAGE) + start + length - at), at - start);
    }
    return length;
  }

  close(): void {}
}

/** A file changed in some places and cut or grown to a size, by another name; nothing is copied but what is changed. */
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

  /** @throws RangeError for a position that no system would take: the program must not ask for one */
  read(position: number | bigint, into: Uint8Array): number {
    if (position < 0 || (typeof position === 'number' && !Number.isSafeInteger(position)))
      throw new RangeError(`a file is read at ${position}`);
    this.statistics.reads++;
    if (position >= this.size) return 0;
    const start = Number(position);
    const wanted = into.subarray(0, Math.min(into.length, this.size - start));
    const got = this.#file.read(start, wanted);
    wanted.fill(0, got);
    for (const { at, bytes } of this.#edits) {
      const from = Math.max(at, start);
      const to = Math.min(at + bytes.length, start + wanted.length);
      if (from < to) wanted.set(bytes.subarray(from - at, to - at), from - start);
    }
    this.statistics.bytes += wanted.length;
    return wanted.length;
  }

  close(): void {}
}
