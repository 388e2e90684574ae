import { countOf, type Range } from '../../bytes/ranges.ts';
import type { PhysicalMemory } from './image.ts';

/*
 * What a dump covers, told without making its ranges where it has the figures at hand: a bitmap may have 2^31 of them.
 */

/** More separate places are no dump: makedumpfile -E begins a new LOAD after 256 pages that it left out, so that 1 TiB has fewer. */
export const PIECES_LIMIT = 2 ** 20;

/** Bytes of memory. */
export function describedBytes(memory: PhysicalMemory): number {
  return memory.describedBytes ?? countOf(memory.described());
}

/** How many ranges. */
export function describedPieces(memory: PhysicalMemory): number {
  if (memory.pieces !== undefined) return memory.pieces;
  let count = 0;
  for (const _ of memory.described()) count++;
  return count;
}

/** The first ranges, as many as those of any machine. */
export function* firstPieces(memory: PhysicalMemory): Generator<Range> {
  let count = 0;
  for (const range of memory.described()) {
    yield range;
    if (++count >= PIECES_LIMIT) return;
  }
}
