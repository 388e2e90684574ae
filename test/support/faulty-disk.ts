import fs from 'node:fs';
import type { Range } from '../../src/bytes/ranges.ts';
import { applyEdit, type Edit } from '../fuzz/overlay-source.ts';
import { refusal, replaceCalls } from './system-calls.ts';

/** What goes wrong with a file while it is read. */
export interface Faults {
  /** Bytes that no read returns, as on a disk with a bad block. */
  readonly bad?: Range;
  /** The number, from 0 on, of the one read that is refused; it would succeed the next time. */
  readonly refused?: number;
  /** All reads from this number on are refused: the disk was removed. */
  readonly gone?: number;
  /** From the read with this number on, the file ends at `at`, whatever its size was. */
  readonly cut?: { readonly from: number; readonly at: number };
  /** Bytes that replace the file's own. */
  readonly changed?: readonly Edit[];
}

/** Makes reads of a file fail like those of a disk, and records where they start, until `release`. */
export function faultyDisk(path: string, faults: Faults): { positions: number[]; release: () => void } {
  const positions: number[] = [];
  const { openSync, closeSync, readSync } = fs;
  const dumps = new Set<number>();
  const read = (fd: number, into: Uint8Array, at: number, length: number, position: number | bigint) => {
    if (!dumps.has(fd)) return readSync(fd, into, at, length, position);
    const start = Number(position);
    const number = positions.push(start) - 1;
    const { bad, refused, gone, cut, changed = [] } = faults;
    const isBad = bad && start < bad.end && start + length > bad.start;
    if (isBad || number === refused || number >= (gone ?? Infinity)) throw refusal('EIO', 'read');
    const left = cut && number >= cut.from ? Math.max(0, Math.min(length, cut.at - start)) : length;
    const got = readSync(fd, into, at, left, position);
    for (const edit of changed) applyEdit(edit, start, into.subarray(at, at + got));
    return got;
  };
  const release = replaceCalls({
    openSync: ((name: string, flags: number, mode?: number) => {
      const fd = openSync(name, flags, mode);
      if (name === path) dumps.add(fd);
      return fd;
    }) as typeof openSync,
    closeSync: (fd) => {
      dumps.delete(fd);
      closeSync(fd);
    },
    readSync: read as typeof readSync,
  });
  return { positions, release };
}
