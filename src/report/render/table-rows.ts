import type { Column, Table, Text } from '../view.ts';
import { breakLines } from './line-breaks.ts';
import { type Paint, painted, styled } from './styled-text.ts';
import { widthOf } from './width.ts';

/** A line of a cell. */
export interface CellLine {
  /** With its colours. */
  readonly shown: string;
  readonly width: number;
}

/** The lines of a cell in a column that is `width` wide. */
export function cellLines(cell: Text, width: number, paint: Paint): CellLine[] {
  const text = styled(cell);
  return breakLines(text.plain, { first: width, rest: width, cutWords: true }).map(([start, end]) => ({
    shown: painted(text, start, end, paint),
    width: widthOf(text.plain.slice(start, end)),
  }));
}

/** The heading of a table as a row; empty where no column has a title. */
export function headingOf({ columns }: Table): Text[] {
  if (columns.every(({ title }) => title === '')) return [];
  return columns.map(({ title }) => ({ text: title, style: 'strong' }));
}

/** The lines of a table, one row after the other: nothing of it is held. */
export function* tableRows(table: Table, widths: readonly number[], paint: Paint): Generator<string> {
  const heading = headingOf(table);
  if (heading.length > 0) yield* rowLines(heading, table, widths, paint);
  for (const row of table.rows) yield* rowLines(row, table, widths, paint);
}

function* rowLines(
  row: readonly Text[],
  { columns, gap, indent }: Table,
  widths: readonly number[],
  paint: Paint,
): Generator<string> {
  const cells = row.map((cell, i) => cellLines(cell, widths[i] ?? 0, paint));
  const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
  for (let at = 0; at < height; at++) {
    const line = cells.map((lines, i) => aligned(lines[at], columns[i], widths[i] ?? 0));
    yield (' '.repeat(indent) + line.join(' '.repeat(gap))).trimEnd();
  }
}

function aligned(line: CellLine | undefined, column: Column | undefined, width: number): string {
  const { shown, width: own } = line ?? { shown: '', width: 0 };
  const padding = ' '.repeat(Math.max(0, width - own));
  return column?.align === 'right' ? padding + shown : shown + padding;
}
