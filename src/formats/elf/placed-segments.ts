import { RangeCollector } from '../../bytes/range-list.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { PIECES_LIMIT } from '../image/described.ts';
import { Extents } from '../image/extents.ts';
import { MMIO, type Segment } from '../image/image.ts';

/** What the segments of a file say about physical memory, collected in one pass. */
export interface PlacedSegments {
  /** The memory that the file holds, in file order. */
  readonly extents: Extents;
  /** The memory that segments stand for without holding all of it. */
  readonly described: RangeCollector;
  /** How many pages the segments touch; where they overlap, pages count more than once. */
  readonly pages: number;
  readonly count: number;
  /** How many segments have no physical address. */
  readonly unplaced: number;
  /** Whether there are more separate ranges than any dump has. */
  readonly tooMany: boolean;
}

/** Collects what the segments say. Stops when there are too many. */
export function placeSegments(segments: Iterable<Segment>): PlacedSegments {
  const extents = new Extents();
  const described = new RangeCollector();
  const sum = { pages: 0, count: 0, unplaced: 0, tooMany: false };
  for (const segment of segments) {
    const { type, physical, memorySize, fileSize, offset } = segment;
    sum.count++;
    if (physical === null) {
      sum.unplaced++;
      continue;
    }
    if (fileSize > 0n) extents.add(physical, physical + Number(fileSize), offset);
    if (memorySize > fileSize && type !== MMIO) described.add(physical, physical + Number(memorySize));
    sum.pages += pagesOf(physical, Number(memorySize));
    sum.tooMany = extents.length > PIECES_LIMIT || described.length > PIECES_LIMIT;
    if (sum.tooMany) break;
  }
  return { extents, described, ...sum };
}

/** Pages that a segment touches, including one that it ends inside, as makedumpfile's bitmap counts them. */
function pagesOf(start: number, size: number): number {
  return Math.ceil((start + size) / PAGE_SIZE) - Math.floor(start / PAGE_SIZE);
}
