import type { Table, Text } from '../view.ts';
import type { FittedColumn } from './columns.ts';
import { breakLines } from './line-breaks.ts';
import type { Page } from './page.ts';
import { painted, styled } from './styled-text.ts';

/** A line of a cell. */
interface CellLine {
  /** With its colours. */
  readonly shown: string;
  readonly width: number;
}

/** The lines of a cell. */
export function cellLines(
  cell: Text,
  { width, hang }: FittedColumn,
  { ruler, paint }: Page,
): readonly CellLine[] {
  const text = styled(cell);
  // Where a column is too narrow for them, there are no blanks before lines.
  const before = hang < width / 2 ? hang : 0;
  const room = { first: width, rest: width - before, cutWords: true };
  return breakLines(text.plain, room, ruler).map(({ start, end, width: own }, i) => {
    const shown = painted(text, start, end, paint);
    return i === 0 ? { shown, width: own } : { shown: ' '.repeat(before) + shown, width: before + own };
  });
}

/** The heading of a table as a row; undefined where no column has a title. */
export function headingOf({ columns }: Table): Text[] | undefined {
  if (columns.every(({ title }) => title === '')) return undefined;
  return columns.map(({ title }) => ({ text: title, style: 'strong' }));
}

/** The lines of a table, one row after the other: nothing of it is held. */
export function* tableRows(table: Table, columns: readonly FittedColumn[], page: Page): Generator<string> {
  const heading = headingOf(table);
  if (heading) yield* rowLines(heading, table, columns, page);
  for (const row of table.rows) yield* rowLines(row, table, columns, page);
}

function rowLines(
  row: readonly Text[],
  { gap, indent }: Table,
  columns: readonly FittedColumn[],
  page: Page,
): string[] {
  const cells = columns.map((column, i) => cellLines(row[i] ?? '', column, page));
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, at) => {
    const line = columns.map((column, i) => aligned(cells[i]?.[at], column));
    return (' '.repeat(indent) + line.join(' '.repeat(gap))).trimEnd();
  });
}

function aligned(line: CellLine | undefined, { align, width }: FittedColumn): string {
  if (!line) return ' '.repeat(width);
  const padding = ' '.repeat(Math.max(0, width - line.width));
  return align === 'right' ? padding + line.shown : line.shown + padding;
}
