import type { Column, Table } from '../view.ts';
import type { Ruler } from './ruler.ts';
import { styled } from './styled-text.ts';

/** A column with the width that it gets. */
export interface FittedColumn {
  readonly width: number;
  readonly align: Column['align'];
  readonly hang: number;
}

/** The columns of a table as they fit a line. */
export interface FittedColumns {
  readonly columns: readonly FittedColumn[];
  /** Whether each cell fits its column. */
  readonly fit: boolean;
  /** How many rows the table has. */
  readonly rows: number;
}

/** A column gives way down to this width, if there is another way to fit. */
const SHORTEST_COLUMN = 16;

/** Goes through all rows of a table. @param width the columns that a line may take */
export function columnsOf({ columns, rows, gap, indent }: Table, width: number, ruler: Ruler): FittedColumns {
  const natural = columns.map(({ title, least = 0 }) => Math.max(least, ruler.widthOf(title)));
  let count = 0;
  for (const row of rows) {
    count++;
    row.forEach((cell, i) => {
      natural[i] = Math.max(natural[i] ?? 0, ruler.widthOf(styled(cell).plain));
    });
  }
  const widths = shrunk(natural, gap, width - indent);
  return {
    columns: columns.map(({ align, hang = 0 }, i) => ({ width: widths[i] ?? 0, align, hang })),
    fit: natural.every((n, i) => n <= (widths[i] ?? 0)),
    rows: count,
  };
}

/** Where the columns are too wide the last one gives way first, then the widest of the others. */
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
