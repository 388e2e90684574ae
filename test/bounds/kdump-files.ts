import { readFileSync } from 'node:fs';
import { dumpOf } from '../support/fixture.ts';
import { SparseFile } from './sparse-file.ts';

const PAGE = 4096;
const DESCRIPTOR = 24;
/** Offsets in the headers (struct disk_dump_header and kdump_sub_header, makedumpfile's diskdump_mod.h). */
const SUB_HDR_SIZE = 432;
const BITMAP_BLOCKS = 436;
const SPLIT = PAGE + 12;
const START_PFN_64 = PAGE + 80;
const END_PFN_64 = PAGE + 88;
const MAX_MAPNR_64 = PAGE + 96;

/** The parts of a real dump. */
function readDump() {
  const bytes = readFileSync(dumpOf('linux-6.1').replace('linux-6.1.elf', 'linux-6.1-zlib.kdump'));
  const headers = (1 + bytes.readInt32LE(SUB_HDR_SIZE)) * PAGE;
  const blocks = bytes.readUInt32LE(BITMAP_BLOCKS);
  return {
    bytes,
    headers,
    bitmap: (blocks / 2) * PAGE,
    data: headers + blocks * PAGE,
    maxMapnr: blocks * 2 * PAGE * 4,
  };
}

type Dump = ReturnType<typeof readDump>;

/** Writes the dump with larger bitmaps, so that everything after them moves. */
function write(path: string, dump: Dump, bitmap: number, changes: (header: Buffer) => void): SparseFile {
  const { bytes, headers, data } = dump;
  const moved = headers + 2 * bitmap - data;
  const file = new SparseFile(path, moved + bytes.length);
  const header = Buffer.from(bytes.subarray(0, headers));
  header.writeUInt32LE((2 * bitmap) / PAGE, BITMAP_BLOCKS);
  changes(header);
  file.put(0, header);
  file.put(headers, bytes.subarray(headers, headers + dump.bitmap));
  file.put(headers + bitmap, bytes.subarray(headers + dump.bitmap, data));
  file.put(data + moved, movedDescriptors(dump, moved));
  return file;
}

/** Everything after the bitmaps. There are as many descriptors as bits set in the second bitmap. */
function movedDescriptors({ bytes, headers, bitmap, data }: Dump, moved: number): Buffer {
  const rest = Buffer.from(bytes.subarray(data));
  let count = 0;
  for (const byte of bytes.subarray(headers + bitmap, data))
    for (let b = byte; b > 0; b >>= 1) count += b & 1;
  for (let i = 0; i < count; i++) {
    const offset = rest.readBigUInt64LE(i * DESCRIPTOR);
    rest.writeBigUInt64LE(offset === 0n ? 0n : offset + BigInt(moved), i * DESCRIPTOR);
  }
  return rest;
}

/** A dump that claims this many pages, with nothing in its bitmaps except what the machine had. */
export const claiming =
  (maxMapnr: number) =>
  (path: string): readonly string[] => {
    write(path, readDump(), maxMapnr / 8, (header) => {
      header.writeBigUInt64LE(BigInt(maxMapnr), MAX_MAPNR_64);
    }).close();
    return [];
  };

/** A dump whose first bitmap has every other page of this many, none of which is in the dump. */
export const alternating =
  (maxMapnr: number) =>
  (path: string): readonly string[] => {
    const dump = readDump();
    const file = write(path, dump, maxMapnr / 8, (header) => {
      header.writeBigUInt64LE(BigInt(maxMapnr), MAX_MAPNR_64);
    });
    const stripes = new Uint8Array(maxMapnr / 8 - dump.bitmap).fill(0x55);
    file.put(dump.headers + dump.bitmap, stripes);
    file.close();
    return [];
  };

/** A dump with all of this many bits set in both bitmaps, but no descriptors for what the fixture lacks. */
export const full =
  (maxMapnr: number) =>
  (path: string): readonly string[] => {
    const dump = readDump();
    const bitmap = maxMapnr / 8;
    const file = write(path, dump, bitmap, (header) => {
      header.writeBigUInt64LE(BigInt(maxMapnr), MAX_MAPNR_64);
    });
    const set = new Uint8Array(bitmap - dump.bitmap).fill(0xff);
    for (const start of [dump.headers, dump.headers + bitmap]) file.put(start + dump.bitmap, set);
    file.put(dump.headers + 2 * bitmap + maxMapnr * DESCRIPTOR, Uint8Array.of(1));
    file.close();
    return [];
  };

/** Parts of a split dump that claims this many pages, as many in each part. */
export const splitClaiming =
  (maxMapnr: number, count: number) =>
  (path: string): readonly string[] => {
    const dump = readDump();
    const step = maxMapnr / count;
    const names = Array.from({ length: count }, (_, part) => (part === 0 ? path : `${path}-${part}`));
    names.forEach((name, part) => {
      write(name, dump, maxMapnr / 8, (header) => {
        header.writeBigUInt64LE(BigInt(maxMapnr), MAX_MAPNR_64);
        header.writeInt32LE(1, SPLIT);
        header.writeBigUInt64LE(BigInt(part * step), START_PFN_64);
        header.writeBigUInt64LE(BigInt((part + 1) * step), END_PFN_64);
      }).close();
    });
    return names.slice(1);
  };

/** A dump that is split into this many parts, each with all of the data. */
export const splitInto =
  (count: number) =>
  (path: string): readonly string[] => {
    const dump = readDump();
    const { bytes, headers, bitmap, data } = dump;
    const pages = bytes.readBigUInt64LE(MAX_MAPNR_64);
    const dumped = (pfn: number) => ((bytes[headers + bitmap + (pfn >> 3)] ?? 0) >> (pfn & 7)) & 1;
    const step = Math.ceil(Number(pages) / count);
    const paths: string[] = [];
    let before = 0;
    for (let start = 0; start < Number(pages); start += step) {
      const end = Math.min(Number(pages), start + step);
      const part = Buffer.from(bytes);
      part.writeInt32LE(1, SPLIT);
      part.writeBigUInt64LE(BigInt(start), START_PFN_64);
      part.writeBigUInt64LE(BigInt(end), END_PFN_64);
      bytes.copy(part, data, data + before * DESCRIPTOR);
      const name = start === 0 ? path : `${path}-${start}`;
      const file = new SparseFile(name, part.length);
      file.put(0, part);
      file.close();
      if (start > 0) paths.push(name);
      for (let pfn = start; pfn < end; pfn++) before += dumped(pfn);
    }
    return paths;
  };
