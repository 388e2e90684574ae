import { countEach, each } from '../each.ts';
import type { OverlapRow, SegmentsFindings, SpanRow } from '../segments-report.ts';
import { plural, size } from '../units.ts';
import { BLANK, bad, numbers, ordinals, paragraph, type RichText, type View, warning } from '../view.ts';
import { filledTable } from './filled-table.ts';

const COLUMNS = [ordinals('#'), 'VIRTUAL', 'PHYSICAL', numbers('SIZE'), 'STORED', 'OFFSET', 'REGION'];

export function* segmentsView(report: SegmentsFindings): View {
  const { omitted = { segments: 0, holes: 0 } } = report;
  yield filledTable(
    COLUMNS,
    each(() => cellsOf(report)),
    { gap: 1 },
  );
  yield BLANK;
  const segments = plural(countEach(report.segments) + omitted.segments, 'segment');
  const memory = `${size(report.described.bytes)} of physical memory, ${size(report.stored.bytes)} stored`;
  yield paragraph(`${segments}: ${memory}`);
  yield* list(warning('In two segments:'), { all: report.overlaps, omitted: 0 }, overlapLine);
  const holes = report.holesMayBeZero ? 'Holes, or RAM that was left out because it is all zero:' : 'Holes:';
  yield* list(holes, { all: report.holes, omitted: omitted.holes }, holeLine);
}

function* cellsOf({ segments }: SegmentsFindings): Generator<readonly RichText[]> {
  let index = 0;
  for (const s of segments) {
    const [memory = '', stored = '', missing = ''] = [s.memorySize, s.fileSize, s.missing].map((n) =>
      size(BigInt(n)),
    );
    const part = s.type === 'MMIO' ? 'no RAM' : stored;
    const held = s.missing !== 0 ? bad(`${missing} cut`) : s.fileSize === s.memorySize ? 'all' : part;
    yield [`${index++}`, s.virtual ?? '-', s.physical ?? '-', memory, held, s.offset, s.region ?? '-'];
  }
}

function overlapLine({ start, end, bytes, segments }: OverlapRow): string {
  return `${start} - ${end}  ${size(bytes)}, in #${segments[0]} and #${segments[1]}`;
}

function holeLine({ start, end, bytes }: SpanRow): string {
  return `${start} - ${end}  ${size(bytes)}`;
}

interface Listed<T> {
  readonly all: Iterable<T>;
  readonly omitted: number;
}

/** Overlaps or holes past this number are only counted. */
const LISTED = 20;

function* list<T>(heading: RichText, { all, omitted }: Listed<T>, line: (one: T) => string): View {
  const listed: string[] = [];
  let count = omitted;
  for (const one of all) if (++count - omitted <= LISTED) listed.push(line(one));
  if (count === 0) return;
  yield paragraph(heading);
  for (const one of listed) yield paragraph(one, 2);
  if (count > LISTED) yield paragraph(`and ${count - LISTED} more`, 2);
}
