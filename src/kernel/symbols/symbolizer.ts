import { InspectError } from '../../errors.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { KernelSymbol } from '../kallsyms/kallsyms.ts';
import { type Location, ModuleSymbols, type UnreadableSymbols } from '../modules/symbol-map.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** A symbol of the kernel, or of the named module. */
export type AnySymbol = KernelSymbol & { readonly module?: string };

/** All symbols of a kernel and its modules. The modules are read when first needed. */
export class Symbolizer {
  readonly typed: TypedKernel;
  #modules: ModuleSymbols | InspectError | undefined;

  constructor(typed: TypedKernel) {
    this.typed = typed;
  }

  /** The symbols of modules; null if they cannot be read, for the reason in modulesError. */
  get modules(): ModuleSymbols | null {
    this.#modules ??= tryModules(this.typed);
    return this.#modules instanceof InspectError ? null : this.#modules;
  }

  /** Why there are no module symbols; null if there are, or if they were not needed so far. */
  get modulesError(): InspectError | null {
    return this.#modules instanceof InspectError ? this.#modules : null;
  }

  /** Modules whose symbols cannot be read; empty as long as modules were not needed. */
  get unreadable(): readonly UnreadableSymbols[] {
    return this.#modules instanceof ModuleSymbols ? this.#modules.unreadable : [];
  }

  /** The error of a kernel whose symbol table has functions only; null for any other. */
  get noData(): InspectError | null {
    return this.typed.noData;
  }

  /**
   * Returns the symbol that an address lies in, or undefined if it is neither in the image nor in a module.
   */
  locate(address: bigint): Location | undefined {
    if (address < START_KERNEL_MAP) return undefined;
    const { symbols } = this.typed;
    if (!symbols.hasData) return this.#locateCode(address);
    const end = this.typed.findSymbol('_end');
    if (end === undefined || address < end) return inImage(symbols.nearest(address));
    return this.modules?.locate(address);
  }

  /**
   * Like locate(), but also for an address below the image: an offset into per-CPU areas, which are in the
   * symbol table of kernels before 6.15.
   */
  locateLinked(address: bigint): Location | undefined {
    if (address >= START_KERNEL_MAP) return this.locate(address);
    const found = this.typed.symbols.nearest(address);
    // Nothing is between the last variable and the image.
    return found && address - found.offset + found.size < START_KERNEL_MAP ? found : undefined;
  }

  /** In a table of functions only, what follows the end of text is data without a name (_etext). */
  #locateCode(address: bigint): Location | undefined {
    const found = this.typed.symbols.nearest(address);
    if (found) return found.symbol.name === '_etext' ? undefined : found;
    return this.modules?.locate(address);
  }

  /** Returns all symbols of exactly that name, the kernel's first. */
  find(name: string): AnySymbol[] {
    return [...this.typed.symbols.find(name), ...(this.modules?.find(name) ?? [])];
  }

  /** Yields all symbols, the kernel's first, like /proc/kallsyms. */
  *[Symbol.iterator](): Generator<AnySymbol> {
    yield* this.typed.symbols;
    if (this.modules) yield* this.modules;
  }
}

/** Below the first symbol of the image is none: what the table has before that one is per-CPU. */
function inImage(found: Location | undefined): Location | undefined {
  return found && found.symbol.address >= START_KERNEL_MAP ? found : undefined;
}

function tryModules(typed: TypedKernel): ModuleSymbols | InspectError {
  try {
    return new ModuleSymbols(typed);
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}
