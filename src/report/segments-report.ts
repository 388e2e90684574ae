import type { Range } from '../bytes/ranges.ts';
import type { MemoryImage, Segment } from '../formats/image/image.ts';
import { hex } from '../hex.ts';
import type { Region } from '../kernel/layout/regions.ts';
import { countEach, each } from './each.ts';
import { jsonInteger } from './json-integer.ts';
import { overlapsOf } from './segment-overlaps.ts';
import { plural, size } from './units.ts';

/** A segment in JSON. Sizes are bytes, as text past 2^53. */
export interface SegmentRow {
  readonly type: string;
  readonly region: Region | null;
  readonly virtual: string | null;
  readonly physical: string | null;
  readonly memorySize: number | string;
  readonly fileSize: number | string;
  readonly offset: string;
  /** Bytes that the file should have but does not. */
  readonly missing: number | string;
}

/** Physical memory that is in no segment, or in two. Addresses as hex, the end exclusive. */
export interface SpanRow {
  readonly start: string;
  readonly end: string;
  readonly bytes: number;
}

/** Memory in two segments, which are identified by their indexes. */
export interface OverlapRow extends SpanRow {
  readonly segments: readonly [number, number];
}

/** The document of `segments --json`. */
export interface SegmentsReport extends SegmentsSummary {
  readonly segments: readonly SegmentRow[];
  readonly overlaps: readonly OverlapRow[];
  readonly holes: readonly SpanRow[];
}

/**
 * The same with lists that are made while they are iterated, because a file can have millions of segments.
 */
export interface SegmentsFindings extends SegmentsSummary {
  readonly segments: Iterable<SegmentRow>;
  readonly overlaps: Iterable<OverlapRow>;
  readonly holes: Iterable<SpanRow>;
}

/** What the lists leave out, because no machine has so many. */
interface Omitted {
  readonly segments: number;
  readonly holes: number;
}

interface SegmentsSummary {
  readonly schema: 'kdump-inspect/segments/1';
  readonly file: { readonly path: string; readonly format: string; readonly bytes: number | null };
  readonly described: { readonly bytes: number };
  readonly stored: { readonly bytes: number };
  /** Present if the writer leaves out RAM that is all zero: then holes can be such RAM. */
  readonly holesMayBeZero?: true;
  /** How many are not listed; absent if all are. */
  readonly omitted?: Omitted;
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

const span = ({ start, end }: Range): SpanRow => ({ start: hex(start), end: hex(end), bytes: end - start });

function segmentRow(segment: Segment, region: Region | null): SegmentRow {
  return {
    type: segment.type,
    region,
    virtual: segment.virtual === null ? null : hex(segment.virtual),
    physical: segment.physical === null ? null : hex(segment.physical),
    memorySize: jsonInteger(segment.memorySize),
    fileSize: jsonInteger(segment.fileSize),
    offset: hex(segment.offset),
    missing: jsonInteger(segment.missing),
  };
}

/** @param region the region of a segment's virtual addresses; null if it has none */
export function segmentsReport(
  image: MemoryImage,
  region: (segment: Segment) => Region | null,
): SegmentsFindings {
  const { described, stored, truncated: cut } = image.memory.amounts;
  const omitted = omittedOf(image);
  return {
    schema: 'kdump-inspect/segments/1',
    file: { path: image.path, format: image.format, bytes: image.bytes },
    segments: each(() => rowsOf(image, region)),
    overlaps: each(() => overlapRows(image)),
    holes: each(() => holesOf(image)),
    described: { bytes: described },
    stored: { bytes: stored },
    ...(image.absent?.means === 'zero' ? { holesMayBeZero: true } : {}),
    ...(omitted ? { omitted } : {}),
    warnings: [
      ...image.warnings,
      ...(cut > 0 ? [`the file is truncated: ${size(cut)} of memory are missing at its end`] : []),
      ...(cut === 0 && image.memory.shrunk ? ['the file was truncated after it was opened'] : []),
      ...(omitted ? [omission(omitted)] : []),
    ],
    complete: !image.memory.cutShort && omitted === null,
  };
}

/** No machine has more holes in its memory. */
const HOLES_LIMIT = 100_000;

/** null if nothing is left out. */
function omittedOf({ memory, unlistedSegments: segments = 0 }: MemoryImage): Omitted | null {
  const holes = Math.max(0, holeCount(memory) - HOLES_LIMIT);
  return segments + holes === 0 ? null : { segments, holes };
}

function omission({ segments, holes }: Omitted): string {
  const left = [segments > 0 ? plural(segments, 'segment') : '', holes > 0 ? plural(holes, 'hole') : ''];
  const what = left.filter((one) => one !== '').join(' and ');
  return `the lists leave out ${what}, because the memory of no machine has so many`;
}

function holeCount(memory: MemoryImage['memory']): number {
  const pieces = memory.pieces ?? countEach(memory.described());
  for (const { start } of memory.described()) return start > 0 ? pieces : pieces - 1;
  return 0;
}

function* rowsOf(
  { segments }: MemoryImage,
  region: (segment: Segment) => Region | null,
): Generator<SegmentRow> {
  for (const segment of segments) yield segmentRow(segment, region(segment));
}

function* overlapRows({ segments: all }: MemoryImage): Generator<OverlapRow> {
  for (const { segments, ...range } of overlapsOf(all)) yield { ...span(range), segments };
}

function* holesOf({ memory }: MemoryImage): Generator<SpanRow> {
  let before = 0;
  let holes = 0;
  for (const { start, end } of memory.described()) {
    if (start > before) yield span({ start: before, end: start });
    if (start > before && ++holes >= HOLES_LIMIT) return;
    before = end;
  }
}
