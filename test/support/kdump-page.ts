import { readFileSync } from 'node:fs';
import type { Range } from '../../src/bytes/ranges.ts';

const DESCRIPTOR = 24;

/** Where a kdump-compressed file has a page, by struct disk_dump_header, its bitmaps and page descriptors. */
export function kdumpPage(path: string, pfn: number): Range {
  const file = readFileSync(path);
  const [blockSize, subHeader, bitmapBlocks] = [428, 432, 436].map((at) => file.readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  const stored = file.subarray((1 + subHeader + bitmapBlocks / 2) * blockSize);
  const isStored = (n: number) => (((stored[n >> 3] as number) >> (n & 7)) & 1) === 1;
  if (!isStored(pfn)) throw new Error(`pfn ${pfn} is not stored in ${path}`);
  let before = 0;
  for (let n = 0; n < pfn; n++) if (isStored(n)) before++;
  const at = (1 + subHeader + bitmapBlocks) * blockSize + DESCRIPTOR * before;
  const start = Number(file.readBigUInt64LE(at));
  return { start, end: start + file.readUInt32LE(at + 8) };
}
