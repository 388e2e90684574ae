import { hex } from '../../hex.ts';
import type { SymbolRow, SymbolsFindings } from '../symbols-report.ts';
import { lines, type RichText, TAB, type View } from '../view.ts';

/** Lines as in /proc/kallsyms. If an address was asked for, it is named as in the kernel's own messages. */
export function symbolsView({ symbols, location }: SymbolsFindings): View {
  return [lines(linesOf(symbols, location ? (row) => placeLine(row, location) : symbolLine))];
}

function* linesOf(rows: Iterable<SymbolRow>, line: (row: SymbolRow) => RichText): Generator<RichText> {
  for (const row of rows) yield line(row);
}

function symbolLine({ name, type, address, module }: SymbolRow): RichText {
  const symbol = `${address.slice(2).padStart(16, '0')} ${type} ${name}`;
  return module === undefined ? symbol : [symbol, TAB, `[${module}]`];
}

type Location = NonNullable<SymbolsFindings['location']>;

function placeLine({ name, module }: SymbolRow, { address, offset, size }: Location): string {
  return `${address} ${name}+${hex(offset)}/${hex(size)}${module === undefined ? '' : ` [${module}]`}`;
}
