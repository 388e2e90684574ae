import { each } from '../each.ts';
import type { RichText, Table } from '../view.ts';
import { keptColumns, lineWidth, measure, onlyColumns } from './columns.ts';
import type { Ruler } from './ruler.ts';

/** Columns of the longest bar. Between them it takes what the line has left. */
const LEAST = 10;
const MOST = 40;
/** Everything prints it, and everything can search for it. */
const BLOCK = '#';

/**
 * Draws the bars of a table, as wide as the other columns leave room for. Where they leave none, the table has no
 * bars. @param width of a line, in columns
 */
export function withBars(table: Table, width: number, ruler: Ruler): Table {
  const at = table.columns.findIndex(({ bar }) => bar);
  if (at < 0) return table;
  const { natural } = measure(table, ruler);
  const others = [...natural.keys()].filter((place) => place !== at);
  const kept = keptColumns(table, natural, width, others);
  const room = width - lineWidth(table, natural, kept) - table.gap;
  if (room < LEAST) return onlyColumns(table, others);
  const longest = Number.isFinite(room) ? Math.min(MOST, room) : LEAST;
  const shown = [...kept, at].sort((a, b) => a - b);
  return onlyColumns(drawn(table, at, longest), shown);
}

function drawn(table: Table, at: number, longest: number): Table {
  const draw = (cell: RichText): RichText =>
    typeof cell === 'object' && 'bar' in cell ? BLOCK.repeat(Math.round(cell.bar * longest)) : cell;
  const columns = table.columns.map((column, i) => (i === at ? { ...column, least: longest } : column));
  const rows = each(function* () {
    for (const row of table.rows) yield row.map(draw);
  });
  return { ...table, columns, rows };
}
