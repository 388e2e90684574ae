import { countOf } from '../../bytes/ranges.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { firstPieces } from './described.ts';
import type { PhysicalMemory } from './image.ts';

/** Yields the pfns of `count` pages, or fewer, that lie evenly in the memory of a dump. */
export function* samplePfns(memory: PhysicalMemory, count: number): Generator<number> {
  const total = countOf(firstPieces(memory));
  const step = total / count;
  let next = step / 2;
  let before = 0;
  for (const { start, end } of firstPieces(memory)) {
    for (; step > 0 && next < before + end - start; next += step) {
      yield Math.floor((start + next - before) / PAGE_SIZE);
    }
    before += end - start;
  }
}
