import { countOf, type Range } from '../../bytes/ranges.ts';
import type { PhysicalMemory } from './image.ts';

/*
 * What a dump covers, without making its ranges if the dump has the figures at hand: a bitmap may have 2^31
 * ranges.
 */

/** No dump has more: makedumpfile -E starts a new LOAD after 256 excluded pages, so 1 TiB has fewer. */
export const PIECES_LIMIT = 2 ** 20;

/** Bytes of memory that the dump covers. */
export function describedBytes(memory: PhysicalMemory): number {
  return memory.describedBytes ?? countOf(memory.described());
}

/** How many ranges this memory lies in. */
export function describedPieces(memory: PhysicalMemory): number {
  if (memory.pieces !== undefined) return memory.pieces;
  let count = 0;
  for (const _ of memory.described()) count++;
  return count;
}

/** The first ranges, up to the number that a machine can have. */
export function* firstPieces(memory: PhysicalMemory): Generator<Range> {
  let count = 0;
  for (const range of memory.described()) {
    yield range;
    if (++count >= PIECES_LIMIT) return;
  }
}
