import { RangeCollector } from '../../bytes/range-list.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { PIECES_LIMIT } from '../image/described.ts';
import { Extents } from '../image/extents.ts';
import type { Segment } from '../image/image.ts';

/** What the segments of a file say of physical memory, gathered in one pass. */
export interface PlacedSegments {
  /** What they have in the file, in file order. */
  readonly extents: Extents;
  /** What more of memory they stand for. */
  readonly described: RangeCollector;
  /** Pages that they touch, those that overlap more than once. */
  readonly pages: number;
  readonly count: number;
  /** How many have no physical address. */
  readonly unplaced: number;
  /** Whether there are more separate runs than any dump has. */
  readonly tooMany: boolean;
}

/** Gathers them; ends where there are too many. */
export function placeSegments(segments: Iterable<Segment>): PlacedSegments {
  const extents = new Extents();
  const described = new RangeCollector();
  const sum = { pages: 0, count: 0, unplaced: 0, tooMany: false };
  for (const segment of segments) {
    const { physical, memorySize, fileSize, offset } = segment;
    sum.count++;
    if (physical === null) {
      sum.unplaced++;
      continue;
    }
    if (fileSize > 0n) extents.add(physical, physical + Number(fileSize), offset);
    if (memorySize > fileSize) described.add(physical, physical + Number(memorySize));
    sum.pages += pagesOf(physical, Number(memorySize));
    sum.tooMany = extents.length > PIECES_LIMIT || described.length > PIECES_LIMIT;
    if (sum.tooMany) break;
  }
  return { extents, described, ...sum };
}

/** Pages that a segment touches, a page that it ends inside of among them, as makedumpfile's bitmap counts them. */
function pagesOf(start: number, size: number): number {
  return Math.ceil((start + size) / PAGE_SIZE) - Math.floor(start / PAGE_SIZE);
}
