import { InspectError } from '../../errors.ts';
import { Sentences } from '../evidence/sentences.ts';
import { AddressIndex } from '../kallsyms/address-index.ts';
import type { SymbolLocation } from '../kallsyms/kallsyms.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { ModuleRange } from './module-area.ts';
import { readModules } from './module-list.ts';
import type { Module } from './module-reader.ts';
import { type ModuleSymbol, readModuleSymbols, SYMBOLS_LIMIT, type SymbolBudget } from './module-symbols.ts';

/** A location in the kernel or in a module; `module` is absent for the kernel. */
export interface Location extends SymbolLocation {
  readonly module?: string;
}

/** A module with its symbols; the index by address is made on demand. */
class LoadedModule {
  readonly module: Module;
  /** null if they cannot be read. */
  readonly symbols: readonly ModuleSymbol[] | null;
  #index: AddressIndex | undefined;

  constructor(module: Module, symbols: readonly ModuleSymbol[] | null) {
    this.module = module;
    this.symbols = symbols;
  }

  rangeOf(address: bigint): ModuleRange | undefined {
    return this.module.ranges.find(({ start, end }) => address >= start && address < end);
  }

  locate(address: bigint, range: ModuleRange): Location | undefined {
    const symbols = this.symbols ?? [];
    this.#index ??= new AddressIndex(BigUint64Array.from(symbols, (symbol) => symbol.address));
    const found = this.#index.nearest(address);
    const symbol = found && symbols[found.index];
    if (!found || !symbol || found.start < range.start) return undefined;
    const end = found.next !== undefined && found.next < range.end ? found.next : range.end;
    return { symbol, offset: address - found.start, size: end - found.start, module: this.module.name };
  }
}

/** A module whose symbols cannot be read, and why. */
export interface UnreadableSymbols {
  readonly module: string;
  readonly error: InspectError;
}

/** The symbols of all modules. Those that cannot be read are reported; the others are there. */
export class ModuleSymbols {
  readonly #loaded: readonly LoadedModule[];
  readonly unreadable: readonly UnreadableSymbols[];
  /** Sentences on what is wrong. */
  readonly warnings: readonly string[];
  /** Whether nothing is missing. */
  readonly whole: boolean;

  /** @throws InspectError as readModules does */
  constructor(typed: TypedKernel) {
    const { modules, problems, whole } = readModules(typed);
    const unreadable: UnreadableSymbols[] = [];
    const budget = { ...SYMBOLS_LIMIT };
    this.#loaded = modules.map(
      (module) => new LoadedModule(module, tryRead(typed, module, budget, unreadable)),
    );
    this.unreadable = unreadable;
    const sentences = new Sentences();
    for (const { module, error } of unreadable) sentences.push(`module ${module}: ${error.message}`);
    this.warnings = [...problems, ...sentences.list()];
    this.whole = whole && unreadable.length === 0;
  }

  /** The modules, newest first, with their symbols; null if those cannot be read. */
  get modules(): { readonly module: Module; readonly symbols: readonly ModuleSymbol[] | null }[] {
    return this.#loaded.map(({ module, symbols }) => ({ module, symbols }));
  }

  find(name: string): ModuleSymbol[] {
    return [...this].filter((symbol) => symbol.name === name);
  }

  *[Symbol.iterator](): Generator<ModuleSymbol> {
    for (const { symbols } of this.#loaded) yield* symbols ?? [];
  }

  /** Returns the module symbol that an address lies in; the last symbol of a range ends with the range. */
  locate(address: bigint): Location | undefined {
    for (const loaded of this.#loaded) {
      const range = loaded.rangeOf(address);
      if (range) return loaded.locate(address, range);
    }
    return undefined;
  }
}

function tryRead(
  typed: TypedKernel,
  module: Module,
  budget: SymbolBudget,
  unreadable: UnreadableSymbols[],
): ModuleSymbol[] | null {
  try {
    return readModuleSymbols(typed, module, budget);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    unreadable.push({ module: module.name, error });
    return null;
  }
}
