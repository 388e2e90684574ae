import { FileSource } from '../../bytes/file-source.ts';
import { countOf, mergeRanges, type Range, subtractRanges } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { readElfHeader } from '../elf/header.ts';
import { type ProgramHeader, PT_LOAD, readProgramHeaders } from '../elf/program-headers.ts';
import type { MapChange, Segment } from '../image/image.ts';

/**
 * Which memory a running machine has gained and lost since its segments were read. Null if there is no
 * change, or if the file can no longer be read. The file is opened again, because the kernel updates its
 * memory map only on open (open_kcore of fs/proc/kcore.c).
 */
export function mapChangeSince(
  before: readonly Segment[],
  path: string,
  segmentsOf: (loads: readonly ProgramHeader[]) => Segment[],
): MapChange | null {
  let source: ByteSource | undefined;
  try {
    source = new FileSource(path);
    const headers = readProgramHeaders(source, readElfHeader(source));
    return mapChange(before, segmentsOf([...headers.ofType(PT_LOAD)]));
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  } finally {
    source?.close();
  }
}

/** How a later reading of the segments differs; null if it does not. */
export function mapChange(before: readonly Segment[], after: readonly Segment[]): MapChange | null {
  const [old, now] = [rangesOf(before), rangesOf(after)];
  const removed = countOf(subtractRanges(old, now));
  const added = countOf(subtractRanges(now, old));
  const moved = isMoved(before, after);
  return removed > 0 || added > 0 || moved ? { removed, added, moved } : null;
}

function rangesOf(segments: readonly Segment[]): Range[] {
  return mergeRanges(
    segments.flatMap(({ physical, memorySize }) =>
      physical === null ? [] : [{ start: physical, end: physical + Number(memorySize) }],
    ),
  );
}

/** Whether contents have moved: they follow the headers, whose growth may take another page. */
function isMoved(before: readonly Segment[], after: readonly Segment[]): boolean {
  const offsets = new Map(after.map(({ virtual, offset }) => [virtual, offset]));
  return before.some(({ virtual, offset }) => (offsets.get(virtual) ?? offset) !== offset);
}
