import { InspectError } from '../../errors.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { KernelSymbol } from '../kallsyms/kallsyms.ts';
import { type Location, ModuleSymbols, type UnreadableSymbols } from '../modules/symbol-map.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** A symbol of the kernel, or of the module that is named. */
export type AnySymbol = KernelSymbol & { readonly module?: string };

/** All symbols of a kernel and of its modules. The modules are read when they are first needed. */
export class Symbolizer {
  readonly #typed: TypedKernel;
  #modules: ModuleSymbols | InspectError | undefined;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
  }

  /** The symbols of modules; null where they cannot be read, and modulesError says why. */
  get modules(): ModuleSymbols | null {
    this.#modules ??= tryModules(this.#typed);
    return this.#modules instanceof InspectError ? null : this.#modules;
  }

  /** Why there are no symbols of modules; null when there are, or when they were not needed so far. */
  get modulesError(): InspectError | null {
    return this.#modules instanceof InspectError ? this.#modules : null;
  }

  /** Modules whose symbols cannot be read; none while modules were not needed. */
  get unreadable(): readonly UnreadableSymbols[] {
    return this.#modules instanceof ModuleSymbols ? this.#modules.unreadable : [];
  }

  /** The symbol that an address lies in; undefined for one that is neither in the image nor in a module. */
  locate(address: bigint): Location | undefined {
    if (address < START_KERNEL_MAP) return undefined;
    const end = this.#typed.findSymbol('_end');
    if (end === undefined || address < end) return this.#typed.symbols.nearest(address);
    return this.modules?.locate(address);
  }

  /** All symbols of exactly that name, those of the kernel first. */
  find(name: string): AnySymbol[] {
    return [...this.#typed.symbols.find(name), ...(this.modules?.find(name) ?? [])];
  }

  /** All symbols, those of the kernel first, as /proc/kallsyms has them. */
  *[Symbol.iterator](): Generator<AnySymbol> {
    yield* this.#typed.symbols;
    if (this.modules) yield* this.modules;
  }
}

function tryModules(typed: TypedKernel): ModuleSymbols | InspectError {
  try {
    return new ModuleSymbols(typed);
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}
