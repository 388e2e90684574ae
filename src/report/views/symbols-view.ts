import { hex } from '../../hex.ts';
import type { SymbolRow, SymbolsFindings } from '../symbols-report.ts';
import { lines, TAB, type Text, type View } from '../view.ts';

/** Lines as /proc/kallsyms prints them; of an address, as the kernel's own messages name it. */
export function symbolsView({ symbols, location }: SymbolsFindings): View {
  return [lines(linesOf(symbols, location ? (row) => placeLine(row, location) : symbolLine))];
}

function* linesOf(rows: Iterable<SymbolRow>, line: (row: SymbolRow) => Text): Generator<Text> {
  for (const row of rows) yield line(row);
}

function symbolLine({ name, type, address, module }: SymbolRow): Text {
  const symbol = `${address.slice(2).padStart(16, '0')} ${type} ${name}`;
  return module === undefined ? symbol : [symbol, TAB, `[${module}]`];
}

type Location = NonNullable<SymbolsFindings['location']>;

function placeLine({ name, module }: SymbolRow, { address, offset, size }: Location): string {
  return `${address} ${name}+${hex(offset)}/${hex(size)}${module === undefined ? '' : ` [${module}]`}`;
}
