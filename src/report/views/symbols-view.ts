import { hex } from '../../hex.ts';
import type { LocationRow, SymbolRow, SymbolsFindings } from '../symbols-report.ts';
import { lines, type RichText, TAB, type View } from '../view.ts';

/**
 * Lines as in /proc/kallsyms, with 0x before addresses. An address that was asked for is named as in the
 * kernel's own messages.
 */
export function symbolsView({ symbols }: SymbolsFindings): View {
  return [lines(linesOf(symbols))];
}

function* linesOf(rows: Iterable<SymbolRow>): Generator<RichText> {
  for (const row of rows) yield row.location ? placeLine(row, row.location) : symbolLine(row);
}

function symbolLine({ name, type, address, module }: SymbolRow): RichText {
  const symbol = `0x${address.slice(2).padStart(16, '0')} ${type} ${name}`;
  return module === undefined ? symbol : [symbol, TAB, `[${module}]`];
}

function placeLine({ name, module }: SymbolRow, { address, offset, size, cpu }: LocationRow): string {
  const copy = cpu === undefined ? '' : `@${cpu}`;
  return `${address} ${name}${copy}+${hex(offset)}/${hex(size)}${module === undefined ? '' : ` [${module}]`}`;
}
