import type { KernelSymbol } from '../kernel/kallsyms.ts';
import { escapeText } from './escape.ts';
import { hex, hex64 } from './units.ts';

/** A symbol in JSON. */
export interface SymbolRow {
  readonly name: string;
  readonly type: string;
  readonly address: string;
}

/** The document of `symbols --json`. */
export interface SymbolsReport {
  readonly schema: 'kdump-inspect/symbols/1';
  readonly file: { readonly path: string; readonly format: string };
  /** How the table was found and written. */
  readonly table: { readonly symbols: number; readonly form: string; readonly source: string };
  readonly query: string | null;
  readonly symbols: readonly SymbolRow[];
  /** For an address: the symbol that it lies in, how far behind its start, and how far the next one is. Bytes. */
  readonly location?: { readonly address: string; readonly offset: number; readonly size: number };
}

export function symbolRow({ name, type, address }: KernelSymbol): SymbolRow {
  return { name, type, address: hex(address) };
}

/** Lines as nm and /proc/kallsyms print them, each ending in a newline. */
export function symbolLine({ name, type, address }: KernelSymbol): string {
  return `${hex64(address).slice(2)} ${escapeText(type)} ${escapeText(name)}\n`;
}
