import type { Column, Table, Text } from '../view.ts';
import { breakLines } from './line-breaks.ts';
import type { Page } from './page.ts';
import { painted, styled } from './styled-text.ts';

/** A line of a cell. */
interface CellLine {
  /** With its colours. */
  readonly shown: string;
  readonly width: number;
}

const EMPTY: CellLine = { shown: '', width: 0 };

/** The lines of a cell in a column that is `width` wide. */
export function cellLines(cell: Text, width: number, { ruler, paint }: Page): CellLine[] {
  const text = styled(cell);
  const room = { first: width, rest: width, cutWords: true };
  return breakLines(text.plain, room, ruler).map(({ start, end, width: own }) => ({
    shown: painted(text, start, end, paint),
    width: own,
  }));
}

/** The heading of a table as a row; undefined where no column has a title. */
export function headingOf({ columns }: Table): Text[] | undefined {
  if (columns.every(({ title }) => title === '')) return undefined;
  return columns.map(({ title }) => ({ text: title, style: 'strong' }));
}

/** The lines of a table, one row after the other: nothing of it is held. */
export function* tableRows(table: Table, widths: readonly number[], page: Page): Generator<string> {
  const heading = headingOf(table);
  if (heading) yield* rowLines(heading, table, widths, page);
  for (const row of table.rows) yield* rowLines(row, table, widths, page);
}

function rowLines(
  row: readonly Text[],
  { columns, gap, indent }: Table,
  widths: readonly number[],
  page: Page,
): string[] {
  const cells = row.map((cell, i) => cellLines(cell, widths[i] ?? 0, page));
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, at) => {
    const line = cells.map((lines, i) => aligned(lines[at] ?? EMPTY, columns[i], widths[i] ?? 0));
    return (' '.repeat(indent) + line.join(' '.repeat(gap))).trimEnd();
  });
}

function aligned({ shown, width: own }: CellLine, column: Column | undefined, width: number): string {
  const padding = ' '.repeat(Math.max(0, width - own));
  return column?.align === 'right' ? padding + shown : shown + padding;
}
