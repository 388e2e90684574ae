import { clipRanges, type Range, subtractRanges } from './ranges.ts';
import type { ByteSource } from './source.ts';

/** Which bytes of a file are there: all below `size` except those that it has lost. */
export type FileParts = Pick<ByteSource, 'size' | 'lost'>;

/** The parts of `length` bytes from `offset` on that the file really has, as ascending disjoint positions. */
export function partsHeld(file: FileParts, offset: bigint, length: bigint): Range[] {
  if (offset >= BigInt(file.size)) return [];
  const start = Number(offset);
  const end = BigInt(file.size) - offset < length ? file.size : start + Number(length);
  if (!file.lost) return [{ start, end }];
  return subtractRanges([{ start, end }], [...clipRanges(file.lost, start, end)]);
}
