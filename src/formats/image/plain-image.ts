import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { ExtentMemory } from './extent-memory.ts';
import type { AbsentMemory, MemoryImage, PhysicalMemory, Segment } from './image.ts';
import { zeroBlocks } from './zero-blocks.ts';
import { ZeroFilledMemory } from './zero-filled.ts';

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
  /** Whether the source decodes what it reads. */
  readonly encoded?: boolean;
  /** Whether the ranges are all memory of the machine. */
  readonly listsAll?: boolean;
}

/**
 * The image of a file of plain memory, without notes, virtual addresses, VMCOREINFO or an end mark. Where its
 * ranges are blocks of AVML's, memory between them is zero.
 */
export function plainImage(
  source: ByteSource,
  { type, ranges, incomplete, encoded = false, listsAll = false, ...traits }: PlainTraits,
): MemoryImage {
  const extents = ranges.map((range) => ({ ...range, offset: BigInt(range.offset) }));
  const claims = { extents, described: [], fileSize: source.size, incomplete, encoded };
  const held = new ExtentMemory(source, claims);
  const { memory, absent } = listsAll ? { memory: held } : withAbsent(held, ranges);
  return {
    ...traits,
    path: source.path,
    bytes: source.size,
    live: false,
    openEnded: !listsAll,
    ...(absent ? { absent } : {}),
    memory,
    segments: ranges.map((range) => segmentOf(range, type, source.size)),
    notes: [],
    vmcoreinfo: null,
    makedumpfile: {
      originalPages: ranges.reduce((sum, r) => sum + pagesOf(r), 0),
      looked: () => held.stored,
    },
    registers: [],
    indexBytes: held.indexBytes,
    statistics: source.statistics,
    close: () => source.close(),
  };
}

function withAbsent(
  held: ExtentMemory,
  ranges: readonly Range[],
): { memory: PhysicalMemory; absent?: AbsentMemory } {
  const mayBe = zeroBlocks(ranges, held.cutShort);
  if (!mayBe) return { memory: held, absent: { means: 'unknown' } };
  return { memory: new ZeroFilledMemory(held, mayBe), absent: { means: 'zero', mayBe, held } };
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
