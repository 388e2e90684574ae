import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Bytes written at once. */
const PIECE = 1 << 20;

/** A sparse file: only what is written uses disk space, whatever its size. */
export class SparseFile {
  readonly #file: number;

  /** @param size of a new file; undefined for an existing one that is to be changed */
  constructor(path: string, size?: number) {
    this.#file = openSync(path, size === undefined ? 'r+' : 'w');
    if (size !== undefined) ftruncateSync(this.#file, size);
  }

  put(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += PIECE) {
      const piece = bytes.subarray(done, done + PIECE);
      writeSync(this.#file, piece, 0, piece.length, at + done);
    }
  }

  /** Writes many entries of one size, made one by one in reused memory. */
  table(at: number, count: number, size: number, write: (entry: DataView, index: number) => void): void {
    const perPiece = Math.floor(PIECE / size);
    for (let first = 0; first < count; first += perPiece) {
      const bytes = new Uint8Array(Math.min(perPiece, count - first) * size);
      for (let i = 0; i * size < bytes.length; i++)
        write(new DataView(bytes.buffer, i * size, size), first + i);
      this.put(at + first * size, bytes);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
