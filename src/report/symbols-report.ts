import { hex } from '../hex.ts';
import type { Module } from '../kernel/modules/module-reader.ts';
import type { AnySymbol } from '../kernel/symbols/symbolizer.ts';
import { jsonLine, jsonText } from './escape.ts';
import type { Report } from './report.ts';

/** A symbol in JSON; only symbols of modules have `module`. */
export interface SymbolRow {
  readonly name: string;
  readonly type: string;
  readonly address: string;
  readonly module?: string;
  /** Only for an address: where in the symbol it is. */
  readonly location?: LocationRow;
}

/** An address, its offset in the symbol that contains it, and the size of that symbol. Bytes. */
export interface LocationRow {
  readonly address: string;
  readonly offset: number;
  readonly size: number;
  /** Only for a per-CPU variable: the CPU whose copy is at the address. */
  readonly cpu?: number;
}

/** A loaded module in JSON. */
export interface ModuleRow {
  readonly name: string;
  /** Address of its struct module. */
  readonly address: string;
  readonly state: string;
  /** Bytes of its code and data; null if what the module says about them is impossible. */
  readonly bytes: number | null;
  /** The number of its symbols; null if they cannot be read. */
  readonly symbols: number | null;
}

/** The document of `symbols --json`. */
export interface SymbolsReport extends SymbolsSummary {
  readonly symbols: readonly SymbolRow[];
}

/** The same with symbols that are made while they are iterated, because there may be a million. */
export interface SymbolsFindings extends SymbolsSummary {
  readonly symbols: Iterable<SymbolRow>;
}

interface SymbolsSummary extends Report {
  readonly schema: 'kdump-inspect/symbols/1';
  readonly file: { readonly path: string; readonly format: string };
  /** How the kernel's table was found, and its form. */
  readonly table: { readonly symbols: number; readonly form: string; readonly source: string };
  /** The loaded modules, the newest first; null if they cannot be read. */
  readonly modules: readonly ModuleRow[] | null;
  /** All that was asked for; null for all symbols. */
  readonly query: string | null;
  /** For a single address, as its symbol has it. */
  readonly location?: LocationRow;
  /** Of several names, addresses and patterns those without a symbol; absent if all have one. */
  readonly notFound?: readonly string[];
}

/** Where an address is in a symbol; bytes. */
export interface SymbolPlace {
  readonly address: bigint;
  readonly offset: bigint;
  readonly size: bigint;
  /** null if it is not a CPU's copy of a variable. */
  readonly cpu: number | null;
}

export function symbolRow({ name, type, address, module }: AnySymbol, place?: SymbolPlace): SymbolRow {
  const located = place ? { location: locationRow(place) } : {};
  return { name, type, address: hex(address), ...(module === undefined ? {} : { module }), ...located };
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

export function locationRow({ address, offset, size, cpu }: SymbolPlace): LocationRow {
  const copy = cpu === null ? {} : { cpu };
  return { address: hex(address), offset: Number(offset), size: Number(size), ...copy };
}

/** Lines written at once: all lines together would be some ten MiB of text. */
const LINES = 4096;

/** The document, with one line per symbol. */
export function* symbolsJson(report: SymbolsFindings): Generator<string> {
  const [before = '', after = ''] = jsonText({ ...report, symbols: [] }).split('"symbols": []');
  yield `${before}"symbols": [`;
  let separator = '\n';
  for (const rows of inPieces(report.symbols)) {
    yield separator + rows.map((row) => `    ${jsonLine(row)}`).join(',\n');
    separator = ',\n';
  }
  yield `\n  ]${after}`;
}

/** LINES items at a time. */
function* inPieces<T>(all: Iterable<T>): Generator<readonly T[]> {
  let piece: T[] = [];
  for (const one of all) {
    piece.push(one);
    if (piece.length < LINES) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
