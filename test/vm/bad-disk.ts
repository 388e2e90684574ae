import { closeSync, copyFileSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeDisk } from './guest-image.ts';

const block = 4096;
const sector = 512;
const mib = 1 << 20;
const diskMiB = 512;
/** Bytes that are searched at once. */
const chunkBytes = 16 * mib;

/** A part of a file that shall be unreadable, in bytes, as whole blocks. */
export interface BadPart {
  readonly name: string;
  /** The file of this machine that is copied to the disk. */
  readonly from: string;
  readonly start: number;
  readonly length: number;
}

/**
 * A disk with files, and the table of a device-mapper device that is this disk (/dev/vdb) with bad sectors.
 */
export interface BadDisk {
  readonly file: string;
  readonly table: readonly string[];
}

/** Puts the files on a disk, and finds their bad parts there. */
export function makeBadDisk(folder: string, parts: readonly BadPart[]): BadDisk {
  const file = path.join(folder, 'bad.ext4');
  const tree = path.join(folder, 'bad');
  mkdirSync(tree);
  for (const { name, from } of parts) copyFileSync(from, path.join(tree, name));
  makeDisk(tree, file, diskMiB);
  rmSync(tree, { recursive: true });
  const bad = parts
    .map((part) => ({ start: placeOf(file, contentsOf(part)) / sector, length: part.length / sector }))
    .toSorted((a, b) => a.start - b.start);
  return { file, table: tableOf(bad) };
}

/** START LENGTH TARGET ARGUMENTS, in sectors: between the bad parts, the device is the disk. */
function tableOf(bad: readonly { readonly start: number; readonly length: number }[]): string[] {
  const end = (diskMiB * mib) / sector;
  const linear = (from: number, to: number) => `${from} ${to - from} linear /dev/vdb ${from}`;
  const starts = [0, ...bad.map(({ start, length }) => start + length)];
  return [...bad, { start: end, length: 0 }].flatMap(({ start, length }, k) => [
    linear(starts[k] ?? 0, start),
    ...(length > 0 ? [`${start} ${length} error`] : []),
  ]);
}

function contentsOf({ from, start, length }: BadPart): Buffer {
  const file = openSync(from, 'r');
  const contents = Buffer.alloc(length);
  readSync(file, contents, 0, length, start);
  closeSync(file);
  return contents;
}

/** Where the contents lie on the disk, in bytes. @throws Error if they are not contiguous */
function placeOf(disk: string, contents: Buffer): number {
  const file = openSync(disk, 'r');
  const first = contents.subarray(0, block);
  const chunk = Buffer.alloc(chunkBytes + contents.length);
  try {
    for (let at = 0; at < fstatSync(file).size; at += chunkBytes) {
      const got = chunk.subarray(0, readSync(file, chunk, 0, chunk.length, at));
      for (let found = got.indexOf(first); found >= 0; found = got.indexOf(first, found + 1)) {
        const isWhole = got.subarray(found, found + contents.length).equals(contents);
        if (found % block === 0 && isWhole) return at + found;
      }
    }
  } finally {
    closeSync(file);
  }
  throw new Error(`the ${contents.length} bytes are not on the disk in one piece`);
}
