import { each } from '../each.ts';
import type { Column, RichText, Table } from '../view.ts';
import type { Ruler } from './ruler.ts';
import { isPrintableAscii, styled } from './styled-text.ts';

/** A column of a table with its final width. */
export interface FittedColumn {
  readonly width: number;
  readonly align: Column['align'];
  readonly hang: number;
  readonly ordinal?: boolean | undefined;
  readonly cut?: boolean | undefined;
}

/** A table, fitted to a line. */
export interface FittedTable {
  /** The table, without the columns that a narrow line has no room for. */
  readonly shown: Table;
  readonly columns: readonly FittedColumn[];
  /** Whether no cell needs to be wrapped. */
  readonly fit: boolean;
  /** Number of rows. */
  readonly rows: number;
  /** Whether a narrow line has no room for the columns even if the last one is wrapped. */
  readonly isTooNarrow: boolean;
}

/** A narrower line goes without columns that can be dropped. A wider one has them wrapped. */
const NARROW = 80;
/** No column is made narrower than this unless the table does not fit otherwise. */
const SHORTEST_COLUMN = 16;

/** Fits a table to a line. Goes through all rows. @param width of a line, in columns */
export function fitTable(table: Table, width: number, ruler: Ruler): FittedTable {
  const { natural, rows } = measure(table, ruler);
  const left = keptColumns(table, natural, width);
  const shown = left.length === natural.length ? table : onlyColumns(table, left);
  const wanted = left.map((i) => natural[i] ?? 0);
  const widths = shrunk(wanted, table.gap, width - table.indent);
  const last = wanted.length - 1;
  const least = wanted.map((n, i) => (i === last ? Math.min(n, SHORTEST_COLUMN) : n));
  return {
    shown,
    columns: shown.columns.map(({ align, hang = 0, ordinal, cut }, i) => ({
      ...{ width: widths[i] ?? 0, align, hang, ordinal, cut },
    })),
    fit: wanted.every((n, i) => shown.columns[i]?.cut || n <= (widths[i] ?? 0)),
    rows,
    isTooNarrow: width < NARROW && lineWidth(table, least, [...least.keys()]) > width,
  };
}

/** Returns the widths that the columns need, and the number of rows. */
export function measure({ columns, rows }: Table, ruler: Ruler): { natural: number[]; rows: number } {
  const natural = columns.map(({ title, least = 0 }) => Math.max(least, ruler.widthOf(title)));
  let count = 0;
  for (const row of rows) {
    count++;
    row.forEach((cell, i) => {
      natural[i] = Math.max(natural[i] ?? 0, cellWidth(cell, ruler));
    });
  }
  return { natural, rows: count };
}

/**
 * Returns the places of the columns that a line has room for, as far as others can be dropped.
 * @param places of the columns that there are; those of all if absent
 */
export function keptColumns(
  table: Table,
  natural: readonly number[],
  width: number,
  places: readonly number[] = [...natural.keys()],
): readonly number[] {
  if (width >= NARROW) return places;
  const orderOf = (i: number) => table.columns[i]?.dropped ?? Number.POSITIVE_INFINITY;
  const orders = [...new Set(places.map(orderOf))].filter(Number.isFinite).sort((a, b) => a - b);
  const least = natural.map((n, i) => (table.columns[i]?.cut ? Math.min(n, SHORTEST_COLUMN) : n));
  let kept = places;
  for (const order of orders)
    if (lineWidth(table, least, kept) > width) kept = kept.filter((i) => orderOf(i) !== order);
  return kept;
}

/** Returns the width of a line with these columns. */
export function lineWidth(
  { gap, indent }: Table,
  natural: readonly number[],
  places: readonly number[],
): number {
  return places.reduce((sum, i) => sum + (natural[i] ?? 0) + gap, indent - gap);
}

/** Returns a table with some of its columns. */
export function onlyColumns(table: Table, places: readonly number[]): Table {
  const pick = <T>(all: readonly T[], none: T) => places.map((i) => all[i] ?? none);
  const rows = each(function* () {
    for (const row of table.rows) yield pick<RichText>(row, '');
  });
  return { ...table, columns: pick(table.columns, { title: '', align: 'left' }), rows };
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
