import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { ExtentMemory } from './extent-memory.ts';
import type { MemoryImage, Segment } from './image.ts';

/** A run of physical memory in a file that holds nothing but memory. Addresses and offset in bytes. */
export interface PlainRange extends Range {
  readonly offset: number;
}

export interface PlainTraits {
  readonly format: string;
  /** What a range of this format is called. */
  readonly type: string;
  readonly ranges: readonly PlainRange[];
  readonly warnings: readonly string[];
  readonly flat?: boolean;
  /** Whether the file is known to be cut short for another reason than a range that reaches past its end. */
  readonly incomplete: boolean;
}

/** The image of a file of plain memory, without notes, virtual addresses, VMCOREINFO or an end mark. */
export function plainImage(
  source: ByteSource,
  { type, ranges, incomplete, ...traits }: PlainTraits,
): MemoryImage {
  const extents = ranges.map((range) => ({ ...range, offset: BigInt(range.offset) }));
  const memory = new ExtentMemory(source, { extents, described: [], fileSize: source.size, incomplete });
  return {
    ...traits,
    path: source.path,
    bytes: source.size,
    live: false,
    openEnded: true,
    memory,
    segments: ranges.map((range) => segmentOf(range, type, source.size)),
    notes: [],
    vmcoreinfo: null,
    makedumpfile: {
      originalPages: ranges.reduce((sum, r) => sum + pagesOf(r), 0),
      looked: () => memory.stored,
    },
    registers: [],
    indexBytes: memory.indexBytes,
    statistics: source.statistics,
    close: () => source.close(),
  };
}

function segmentOf({ start, end, offset }: PlainRange, type: string, fileSize: number): Segment {
  const size = BigInt(end - start);
  const past = Math.max(0, offset + (end - start) - fileSize);
  const missing = BigInt(Math.min(past, end - start));
  return {
    type,
    virtual: null,
    physical: start,
    memorySize: size,
    fileSize: size,
    offset: BigInt(offset),
    missing,
  };
}

/** Pages that a range touches, counted as makedumpfile counts those of a LOAD. */
function pagesOf({ start, end }: Range): number {
  return Math.ceil(end / PAGE_SIZE) - Math.floor(start / PAGE_SIZE);
}
