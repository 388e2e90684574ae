import { properties, strong, type Table } from '../view.ts';
import { propertyLines } from './block-lines.ts';
import type { Page } from './page.ts';

/** Blanks between the titles and the cells. */
const GAP = 2;

/**
 * Yields each cell of a table on a line of its own, after the title of its column, for a terminal that is too
 * narrow for the columns: half a number or half an address could be taken for another one.
 */
export function* stackedRows({ columns, rows, indent }: Table, page: Page): Generator<string> {
  const longest = columns.reduce((most, { title }) => Math.max(most, page.ruler.widthOf(title)), 0);
  let isFirst = true;
  for (const row of rows) {
    if (!isFirst) yield '';
    isFirst = false;
    const cells = columns.flatMap(({ title }, i) => {
      const value = row[i] ?? '';
      return value === '' ? [] : [{ name: strong(title), value }];
    });
    yield* propertyLines(properties(cells, indent + longest + GAP, { indent }), page);
  }
}
