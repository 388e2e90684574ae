import type { Table } from '../view.ts';
import type { FittedColumn } from './columns.ts';
import type { Page } from './page.ts';
import { cellLines, headingOf, heightOf } from './table-rows.ts';

/** No borders. */
const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' },
  ...{ 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' },
  ...{ right: '', 'right-mid': '' },
};

/** Returns the lines of a table as cli-table3 lays it out. Its cells are wrapped already. */
export async function shortTable(
  table: Table,
  columns: readonly FittedColumn[],
  page: Page,
): Promise<string[]> {
  // Loading it takes milliseconds, and most tables need no wrapping.
  const { default: CliTable } = await import('cli-table3');
  const drawn = new CliTable({
    chars: { ...NO_LINES, middle: ' '.repeat(table.gap) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: columns.map(({ width }) => width),
    colAligns: columns.map(({ align }) => align),
  });
  const heading = headingOf(table);
  for (const row of [...(heading ? [heading] : []), ...table.rows]) {
    const cells = columns.map((column, i) => cellLines(row[i] ?? '', column, page));
    // Each line is a row of its own: to look for line breaks takes cli-table3 longer than everything else.
    for (let at = 0; at < heightOf(cells); at++) drawn.push(cells.map((lines) => lines[at]?.shown ?? ''));
  }
  const indent = ' '.repeat(table.indent);
  return drawn
    .toString()
    .split('\n')
    .map((line) => (indent + line).trimEnd());
}
