import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { type Fact, fact } from '../evidence/fact.ts';
import { didYouMean } from '../evidence/near-names.ts';
import type { Kernel } from '../open/kernel.ts';
import { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpuSymbols } from './per-cpu-symbols.ts';
import { type AnySymbol, Symbolizer } from './symbolizer.ts';
import { plainAddress, type WrittenAddress } from './written-address.ts';

/** Addresses of one name that a message lists. */
const LISTED = 8;

/** A virtual address, or a physical one if it was written as a number. */
export interface ResolvedAddress {
  readonly address: bigint;
  /** Whether it was written as a number. */
  readonly isNumber: boolean;
}

/**
 * Finds out which address is meant, for every command alike. Symbols are read only if a name has to be looked
 * up.
 */
export class AddressResolver {
  readonly #kernel: Kernel;
  #symbols: Symbolizer | undefined;
  #perCpu: PerCpuSymbols | undefined;
  /** Sentences on what speaks against an answer. */
  readonly warnings: string[] = [];

  constructor(kernel: Kernel, symbols?: Symbolizer) {
    this.#kernel = kernel;
    this.#symbols = symbols;
  }

  get symbols(): Symbolizer {
    this.#symbols ??= new Symbolizer(new TypedKernel(this.#kernel));
    return this.#symbols;
  }

  get #cpus(): PerCpuSymbols {
    this.#perCpu ??= new PerCpuSymbols(this.symbols);
    return this.#perCpu;
  }

  /**
   * @throws InspectError missingInfo if no symbol has the name, or several have it, or the CPU has no copy of
   * it; as readKallsyms does
   */
  resolve(written: WrittenAddress): ResolvedAddress {
    const plain = plainAddress(written);
    if (plain !== undefined) return { address: plain, isNumber: true };
    const symbol = written.symbol === null ? null : this.#onlySymbol(written);
    if (symbol === null && written.cpu === null)
      return { address: BigInt.asUintN(64, (written.number ?? 0n) + written.offset), isNumber: true };
    return { address: this.addressAt(written, symbol), isNumber: false };
  }

  /**
   * The address that is meant if the symbol is the one that is meant.
   * @param symbol null for a per-CPU pointer that was written as a number
   * @throws InspectError missingInfo if the symbol is per-CPU but no CPU is given, or that has no copy of it
   */
  addressAt({ number, cpu, offset }: WrittenAddress, symbol: AnySymbol | null): bigint {
    const base = symbol?.address ?? number ?? 0n;
    if (cpu === null && symbol) this.#cpus.refuse(symbol);
    const copy = cpu === null ? base : this.#cpus.copyOf(symbol ?? base, cpu, this.warnings);
    return BigInt.asUintN(64, copy + offset);
  }

  /** The symbol that is meant; null if the word is a number after all. */
  #onlySymbol(written: WrittenAddress): AnySymbol | null {
    const found = this.find(written);
    const [first] = found;
    if (first === undefined) {
      if (written.number !== null) return null;
      throw this.notFound(written);
    }
    if (new Set(found.map(({ address }) => address)).size > 1) throw ambiguous(written, found);
    return first;
  }

  /**
   * The symbols that are meant: those of that name; if a module is named, of that module; if a size is given
   * that one of them has, of that size. For a word that may be a number, also if symbols cannot be read.
   */
  find(written: WrittenAddress): AnySymbol[] {
    const { symbol: name, module, size, number } = written;
    if (name === null) return [];
    const named = this.#named(name, number);
    const found = module === null ? named : named.filter((symbol) => symbol.module === module);
    if (size === null || found.length === 0) return found;
    const sized = found.filter(({ address }) => this.symbols.locateLinked(address)?.size === size);
    if (sized.length > 0) return sized;
    this.#doubtSize(written, found);
    return found;
  }

  #named(name: string, number: bigint | null): AnySymbol[] {
    const found: Fact<AnySymbol[]> = fact(() => this.symbols.find(name));
    if (number === null) return 'value' in found ? found.value : this.symbols.find(name);
    const unsure = 'missing' in found ? found.missing : this.unread;
    if ('value' in found && (found.value.length > 0 || unsure === null)) return found.value;
    this.warnings.push(`${name} is taken as the number ${hex(number)}; it could be a symbol: ${unsure}`);
    return [];
  }

  #doubtSize({ symbol, size }: WrittenAddress, found: readonly AnySymbol[]): void {
    const sizes = found.map(({ address }) => hex(this.symbols.locateLinked(address)?.size ?? 0n));
    const own = [...new Set(sizes)].slice(0, LISTED).join(' or ');
    this.warnings.push(
      `${symbol} has ${own} bytes in this kernel, not ${hex(size ?? 0n)}: the line may be from another kernel`,
    );
  }

  /** Why not all symbols are known; null if they are. */
  get unread(): string | null {
    const { modules, modulesError, noData } = this.symbols;
    if (noData) return noData.message;
    if (modulesError) return `the symbols of modules could not be read: ${modulesError.message}`;
    return modules?.whole === false ? 'not all symbols of modules could be read' : null;
  }

  /** The error for a name that no symbol has, with names that are like it. */
  notFound({ symbol, module }: WrittenAddress): InspectError {
    const name = symbol ?? '';
    const modules = this.symbols.modules?.modules.map((one) => one.module.name) ?? [];
    const noModule = module !== null && !modules.includes(module);
    const meant = noModule ? didYouMean(modules, module) : didYouMean(this.#names(module), name);
    const hints = [meant, this.unread].filter((hint) => hint != null);
    const what =
      module === null ? `this kernel has no symbol ${name}` : `module ${module} has no symbol ${name}`;
    return new InspectError('missingInfo', noModule ? `no module ${module} is loaded` : what, {
      key: `SYMBOL(${name})`,
      ...(hints.length > 0 ? { hint: hints.join('; ') } : {}),
    });
  }

  *#names(module: string | null): Generator<string> {
    for (const symbol of this.symbols) if (module === null || symbol.module === module) yield symbol.name;
  }
}

function ambiguous({ symbol }: WrittenAddress, found: readonly AnySymbol[]): InspectError {
  const list = found.slice(0, LISTED).map(placed);
  const more = found.length > LISTED ? ` and ${found.length - LISTED} more` : '';
  return new InspectError('missingInfo', `${found.length} symbols are named ${symbol}`, {
    hint: `give the address of one of them: ${list.join(', ')}${more}`,
  });
}

function placed({ address, module }: AnySymbol): string {
  return module === undefined ? hex(address) : `${hex(address)} [${module}]`;
}
