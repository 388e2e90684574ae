import { InspectError } from '../errors.ts';
import { START_KERNEL_MAP } from './kernel.ts';
import { type Location, ModuleSymbols } from './modules/symbol-map.ts';
import type { TypedKernel } from './typed-kernel.ts';

/** Names addresses of the kernel image and of modules. */
export class Symbolizer {
  readonly #typed: TypedKernel;
  #modules: ModuleSymbols | null | undefined;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
  }

  /** The symbols of modules; null where they cannot be read. */
  get modules(): ModuleSymbols | null {
    if (this.#modules === undefined) this.#modules = tryModules(this.#typed);
    return this.#modules;
  }

  /** The symbol that an address lies in; undefined for one that is neither in the image nor in a module. */
  locate(address: bigint): Location | undefined {
    if (address < START_KERNEL_MAP) return undefined;
    const end = this.#typed.findSymbol('_end');
    if (end === undefined || address < end) return this.#typed.symbols.nearest(address);
    return this.modules?.locate(address);
  }

  /** All symbols of that name, those of the kernel first. */
  find(name: string): { readonly name: string; readonly address: bigint }[] {
    const found = this.#typed.symbols.find(name);
    return found.length > 0 ? found : (this.modules?.find(name) ?? []);
  }
}

function tryModules(typed: TypedKernel): ModuleSymbols | null {
  try {
    return new ModuleSymbols(typed);
  } catch (error) {
    if (error instanceof InspectError) return null;
    throw error;
  }
}
