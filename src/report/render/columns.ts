import type { Column, RichText, Table } from '../view.ts';
import type { Ruler } from './ruler.ts';
import { isPrintableAscii, styled } from './styled-text.ts';

/** A column of a table with its final width. */
export interface FittedColumn {
  readonly width: number;
  readonly align: Column['align'];
  readonly hang: number;
}

/** The columns of a table, fitted to a line. */
export interface FittedColumns {
  readonly columns: readonly FittedColumn[];
  /** Whether no cell needs to be wrapped. */
  readonly fit: boolean;
  /** Number of rows. */
  readonly rows: number;
}

/** No column is made narrower than this unless the table does not fit otherwise. */
const SHORTEST_COLUMN = 16;

/** Fits the columns of a table to a line. Goes through all rows. @param width of a line, in columns */
export function columnsOf({ columns, rows, gap, indent }: Table, width: number, ruler: Ruler): FittedColumns {
  const natural = columns.map(({ title, least = 0 }) => Math.max(least, ruler.widthOf(title)));
  let count = 0;
  for (const row of rows) {
    count++;
    row.forEach((cell, i) => {
      natural[i] = Math.max(natural[i] ?? 0, cellWidth(cell, ruler));
    });
  }
  const widths = shrunk(natural, gap, width - indent);
  return {
    columns: columns.map(({ align, hang = 0 }, i) => ({ width: widths[i] ?? 0, align, hang })),
    fit: natural.every((n, i) => n <= (widths[i] ?? 0)),
    rows: count,
  };
}

function cellWidth(cell: RichText, ruler: Ruler): number {
  if (typeof cell === 'string' && isPrintableAscii(cell)) return cell.length;
  return ruler.widthOf(styled(cell).plain);
}

/** If the columns are too wide, makes the last one narrower first, then the widest of the others. */
function shrunk(natural: readonly number[], gap: number, width: number): number[] {
  const widths = [...natural];
  const last = widths.length - 1;
  const over = () => widths.reduce((sum, n) => sum + n, last * gap) - width;
  const shrink = (i: number) => {
    widths[i] = Math.max(
      Math.min(SHORTEST_COLUMN, widths[i] as number),
      (widths[i] as number) - Math.max(0, over()),
    );
  };
  shrink(last);
  while (over() > 0) {
    const widest = widths.indexOf(widths.reduce((most, n) => Math.max(most, n), 0));
    if ((widths[widest] as number) <= SHORTEST_COLUMN) break;
    shrink(widest);
  }
  for (let i = 0; over() > 0 && i <= last; i++) widths[i] = Math.max(1, (widths[i] as number) - over());
  return widths;
}
