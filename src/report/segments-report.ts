import type { Range } from '../bytes/ranges.ts';
import type { MemoryImage, Segment } from '../formats/image.ts';
import type { Region } from '../kernel/regions.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { hex, plural, size } from './units.ts';

/** A segment in JSON. Sizes are bytes, as text where they pass 2^53. */
export interface SegmentRow {
  readonly type: string;
  readonly region: Region | null;
  readonly virtual: string | null;
  readonly physical: string | null;
  readonly memorySize: number | string;
  readonly fileSize: number | string;
  readonly offset: string;
  /** Bytes that the file should hold and does not. */
  readonly missing: number | string;
}

/** Physical memory that is not in any segment, or in two. Addresses as hex, end exclusive. */
export interface SpanRow {
  readonly start: string;
  readonly end: string;
  readonly bytes: number;
}

/** The document of `segments --json`. */
export interface SegmentsReport {
  readonly schema: 'kdump-inspect/segments/1';
  readonly file: { readonly path: string; readonly format: string; readonly bytes: number | null };
  readonly segments: readonly SegmentRow[];
  readonly overlaps: readonly (SpanRow & { readonly segments: readonly [number, number] })[];
  readonly holes: readonly SpanRow[];
  readonly described: { readonly bytes: number };
  readonly stored: { readonly bytes: number };
  readonly warnings: readonly string[];
  readonly complete: boolean;
}

const bytes = (n: bigint) => (n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : String(n));
const span = ({ start, end }: Range): SpanRow => ({ start: hex(start), end: hex(end), bytes: end - start });

function segmentRow(segment: Segment, region: Region | null): SegmentRow {
  return {
    type: segment.type,
    region,
    virtual: segment.virtual === null ? null : hex(segment.virtual),
    physical: segment.physical === null ? null : hex(segment.physical),
    memorySize: bytes(segment.memorySize),
    fileSize: bytes(segment.fileSize),
    offset: hex(segment.offset),
    missing: bytes(segment.missing),
  };
}

/** @param region what a segment's virtual addresses are for; null where it has none */
export function segmentsReport(
  image: MemoryImage,
  region: (segment: Segment) => Region | null,
): SegmentsReport {
  const { described, stored, truncated: cut } = image.memory.amounts;
  return {
    schema: 'kdump-inspect/segments/1',
    file: { path: image.path, format: image.format, bytes: image.bytes },
    segments: image.segments.map((s) => segmentRow(s, region(s))),
    overlaps: overlapsOf(image.segments),
    holes: holesOf(image.memory.described()).map(span),
    described: { bytes: described },
    stored: { bytes: stored },
    warnings: [
      ...image.warnings,
      ...(cut > 0 ? [`the file is cut short: ${size(cut)} of memory are missing at its end`] : []),
      ...(cut === 0 && image.memory.cutShort ? ['the file has lost its end since it was opened'] : []),
    ],
    complete: !image.memory.cutShort,
  };
}

interface Placed extends Range {
  readonly index: number;
}

/** Neighbours in physical order that share addresses; each segment against the one that reaches furthest before it. */
function overlapsOf(segments: readonly Segment[]): SegmentsReport['overlaps'] {
  const placed: Placed[] = segments
    .flatMap((s, index) =>
      s.physical === null ? [] : [{ index, start: s.physical, end: s.physical + Number(s.memorySize) }],
    )
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const overlaps: SegmentsReport['overlaps'][number][] = [];
  let reach: Placed | undefined;
  for (const current of placed) {
    if (reach && current.start < reach.end) {
      const shared = { start: current.start, end: Math.min(current.end, reach.end) };
      const pair = [Math.min(reach.index, current.index), Math.max(reach.index, current.index)] as const;
      overlaps.push({ ...span(shared), segments: pair });
    }
    if (!reach || current.end > reach.end) reach = current;
  }
  return overlaps;
}

/** More are no map of any machine. */
const HOLES_LIMIT = 100_000;

function holesOf(described: Iterable<Range>): Range[] {
  const holes: Range[] = [];
  let before = 0;
  for (const { start, end } of described) {
    if (start > before) holes.push({ start: before, end: start });
    before = end;
    if (holes.length >= HOLES_LIMIT) break;
  }
  return holes;
}

/** More overlaps or holes than this are counted instead of listed. */
const LISTED = 20;

/** The report for people, ending in a newline. */
export function segmentsText(report: SegmentsReport, terminal: Terminal): string {
  const rows = report.segments.map((s, i) => [
    String(i),
    s.virtual ?? '-',
    s.physical ?? '-',
    size(BigInt(s.memorySize)),
    s.missing !== 0
      ? `${size(BigInt(s.missing))} cut`
      : s.fileSize === s.memorySize
        ? 'all'
        : size(BigInt(s.fileSize)),
    s.offset,
    s.region ?? '-',
  ]);
  const heading = ['#', 'VIRTUAL', 'PHYSICAL', 'SIZE', 'STORED', 'OFFSET', 'REGION'];
  const listed = table({ heading, rows, right: [0, 3], gap: 1 }, terminal);
  const overlaps = report.overlaps.map(
    (o) => `  ${o.start} - ${o.end}  ${size(o.bytes)}, in #${o.segments[0]} and #${o.segments[1]}\n`,
  );
  const holes = report.holes.map((h) => `  ${h.start} - ${h.end}  ${size(h.bytes)}\n`);
  const summary = `${plural(report.segments.length, 'segment')}: ${size(report.described.bytes)} of physical memory, ${size(report.stored.bytes)} stored\n`;
  return `${listed}\n${summary}${list('In two segments:', overlaps)}${list('Holes:', holes)}`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const more = lines.length > LISTED ? `  and ${lines.length - LISTED} more\n` : '';
  return `${title}\n${lines.slice(0, LISTED).join('')}${more}`;
}
