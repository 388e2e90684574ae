import { hex, hex64 } from '../hex.ts';
import type { Module } from '../kernel/modules/module-reader.ts';
import type { AnySymbol } from '../kernel/symbols/symbolizer.ts';
import { escapeText } from './escape.ts';

/** A symbol in JSON; `module` is there only for one of a module. */
export interface SymbolRow {
  readonly name: string;
  readonly type: string;
  readonly address: string;
  readonly module?: string;
}

/** A loaded module in JSON. */
export interface ModuleRow {
  readonly name: string;
  /** Of its struct module. */
  readonly address: string;
  readonly state: string;
  /** Memory that its code and data take, bytes; null where what it says of it cannot be. */
  readonly bytes: number | null;
  /** How many it has; null where they cannot be read. */
  readonly symbols: number | null;
}

/** The document of `symbols --json`. */
export interface SymbolsReport {
  readonly schema: 'kdump-inspect/symbols/1';
  readonly file: { readonly path: string; readonly format: string };
  /** How the kernel's table was found and written. */
  readonly table: { readonly symbols: number; readonly form: string; readonly source: string };
  /** The loaded modules, the newest first; null where they cannot be read. */
  readonly modules: readonly ModuleRow[] | null;
  readonly query: string | null;
  /** For an address: the symbol that it lies in, how far behind its start, and how far the next one is. Bytes. */
  readonly location?: { readonly address: string; readonly offset: number; readonly size: number };
  readonly warnings: readonly string[];
  readonly complete: boolean;
  readonly symbols: readonly SymbolRow[];
}

/** Where an address lies in a symbol; bytes. */
export interface SymbolPlace {
  readonly address: bigint;
  readonly offset: bigint;
  readonly size: bigint;
}

export function symbolRow({ name, type, address, module }: AnySymbol): SymbolRow {
  return { name, type, address: hex(address), ...(module === undefined ? {} : { module }) };
}

export function moduleRow({
  module,
  symbols,
}: {
  readonly module: Module;
  readonly symbols: readonly unknown[] | null;
}): ModuleRow {
  const { name, address, state, size } = module;
  return { name, address: hex(address), state, bytes: size, symbols: symbols?.length ?? null };
}

export function locationRow({ address, offset, size }: SymbolPlace): NonNullable<SymbolsReport['location']> {
  return { address: hex(address), offset: Number(offset), size: Number(size) };
}

/** Lines as /proc/kallsyms prints them, each ending in a newline. */
export function symbolLine({ name, type, address, module }: AnySymbol): string {
  return `${hex64(address).slice(2)} ${escapeText(type)} ${escapeText(name)}${moduleName(module, '\t')}\n`;
}

/** A line as the kernel's own messages name an address. */
export function locationLine({ name, module }: AnySymbol, { address, offset, size }: SymbolPlace): string {
  return `${hex(address)} ${escapeText(name)}+${hex(offset)}/${hex(size)}${moduleName(module, ' ')}\n`;
}

function moduleName(module: string | undefined, before: string): string {
  return module === undefined ? '' : `${before}[${escapeText(module)}]`;
}
