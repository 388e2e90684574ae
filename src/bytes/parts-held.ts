import { clipRanges, type Range, subtractRanges } from './ranges.ts';
import type { ByteSource } from './source.ts';

/** What of a file is there: all below its size that it did not lose. */
export type FileParts = Pick<ByteSource, 'size' | 'lost'>;

/** The parts of `length` bytes from `offset` on that a file really has: positions, ascending and disjoint. */
export function partsHeld(file: FileParts, offset: bigint, length: bigint): Range[] {
  if (offset >= BigInt(file.size)) return [];
  const start = Number(offset);
  const end = BigInt(file.size) - offset < length ? file.size : start + Number(length);
  if (!file.lost) return [{ start, end }];
  return subtractRanges([{ start, end }], [...clipRanges(file.lost, start, end)]);
}
