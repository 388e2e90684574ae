import { each } from '../each.ts';
import { type Column, type RichText, type Table, table } from '../view.ts';

/** What a cell without a value has. */
const NO_VALUE: ReadonlySet<RichText> = new Set(['', '-']);

/**
 * A table without the columns that have no value in any row, such as virtual addresses in a format that has
 * none. The rows are gone through once more, up to the one that fills the last column.
 */
export function filledTable(
  columns: readonly (string | Column)[],
  rows: Table['rows'],
  layout?: Parameters<typeof table>[2],
): Table {
  const filled = filledColumns(columns.length, rows);
  if (filled.size === columns.length) return table(columns, rows, layout);
  const those = <T>(all: readonly T[]) => all.filter((_, at) => filled.has(at));
  const kept = each(function* () {
    for (const row of rows) yield those(row);
  });
  return table(those(columns), kept, layout);
}

/** All columns of a table without rows, because nothing shows that one is never filled. */
function filledColumns(count: number, rows: Table['rows']): ReadonlySet<number> {
  const filled = new Set<number>();
  let any = false;
  for (const row of rows) {
    any = true;
    row.forEach((cell, at) => {
      if (!NO_VALUE.has(cell)) filled.add(at);
    });
    if (filled.size === count) break;
  }
  return any ? filled : new Set(Array.from({ length: count }, (_, at) => at));
}
