import { faint, type RichText, type Table } from '../view.ts';
import type { FittedColumn } from './columns.ts';
import { breakLines } from './line-breaks.ts';
import type { Page } from './page.ts';
import type { Ruler } from './ruler.ts';
import { isPrintableAscii, type Paint, painted, type StyledText, styled } from './styled-text.ts';

/** A line of a cell. */
interface CellLine {
  /** With its colours. */
  readonly shown: string;
  readonly width: number;
}

/** Wraps a cell in its column, or cuts it. */
export function cellLines(cell: RichText, column: FittedColumn, { ruler, paint }: Page): readonly CellLine[] {
  const { width, hang, cut } = column;
  const text = styled(isNothing(cell, column) ? faint(cell) : cell);
  if (cut) return [firstPiece(text, width, ruler, paint)];
  // A narrow column has no columns to spare for blanks.
  const before = hang < width / 2 ? hang : 0;
  const widths = { first: width, rest: width - before, cutWords: true };
  return breakLines(text.plain, widths, ruler).map(({ start, end, width: own }, i) => {
    const shown = painted(text, start, end, paint);
    return i === 0 ? { shown, width: own } : { shown: ' '.repeat(before) + shown, width: before + own };
  });
}

function firstPiece(text: StyledText, width: number, ruler: Ruler, paint: Paint): CellLine {
  const [piece = { length: 0, width: 0 }] = ruler.pieces(text.plain, width);
  return { shown: painted(text, 0, piece.length, paint), width: piece.width };
}

/** No amount, in each form that figures have: "-" for one that does not apply. */
const NOTHING: ReadonlySet<string> = new Set(['-', '0', '0.0', '0 B']);

/** Whether a cell only says that there is nothing. */
function isNothing(cell: RichText, { ordinal }: FittedColumn): cell is string {
  return typeof cell === 'string' && NOTHING.has(cell) && !(ordinal && cell === '0');
}

/** Returns the heading of a table as a row; undefined if no column has a title. */
export function headingOf({ columns }: Table): RichText[] | undefined {
  if (columns.every(({ title }) => title === '')) return undefined;
  return columns.map(({ title }) => ({ text: title, style: 'strong' }));
}

/** Yields the lines of a table row by row. It may have a million rows, so nothing is kept. */
export function* tableRows(table: Table, columns: readonly FittedColumn[], page: Page): Generator<string> {
  const heading = headingOf(table);
  if (heading) yield* rowLines(heading, table, columns, page);
  for (const row of table.rows) yield* rowLines(row, table, columns, page);
}

function rowLines(
  row: readonly RichText[],
  { gap, indent }: Table,
  columns: readonly FittedColumn[],
  page: Page,
): string[] {
  const plain = plainLine(row, columns, gap, page);
  if (plain !== undefined) return [(' '.repeat(indent) + plain).trimEnd()];
  const cells = columns.map((column, i) => cellLines(row[i] ?? '', column, page));
  return Array.from({ length: heightOf(cells) }, (_, at) => {
    const line = columns.map((column, i) => aligned(cells[i]?.[at], column));
    return (' '.repeat(indent) + line.join(' '.repeat(gap))).trimEnd();
  });
}

/**
 * Returns a row on one line; undefined if a cell has a style, must be escaped, measured or wrapped. Most rows
 * are plain, and a table may have millions.
 */
function plainLine(
  row: readonly RichText[],
  columns: readonly FittedColumn[],
  gap: number,
  { paint }: Page,
): string | undefined {
  let line = '';
  let at = 0;
  for (const column of columns) {
    const { align, width } = column;
    const cell = row[at] ?? '';
    if (typeof cell !== 'string' || cell.length > width || !isPrintableAscii(cell)) return undefined;
    if (at++ > 0) line += ' '.repeat(gap);
    const padding = ' '.repeat(width - cell.length);
    const shown = isNothing(cell, column) ? paint(cell, 'faint') : cell;
    line += align === 'right' ? padding + shown : shown + padding;
  }
  return line;
}

/** Returns the number of lines of a row. */
export function heightOf(cells: readonly (readonly CellLine[])[]): number {
  return cells.reduce((most, lines) => Math.max(most, lines.length), 1);
}

function aligned(line: CellLine | undefined, { align, width }: FittedColumn): string {
  if (!line) return ' '.repeat(width);
  const padding = ' '.repeat(Math.max(0, width - line.width));
  return align === 'right' ? padding + line.shown : line.shown + padding;
}
