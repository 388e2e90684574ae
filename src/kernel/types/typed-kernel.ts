import { InspectError } from '../../errors.ts';
import { type Kallsyms, readKallsyms } from '../kallsyms/kallsyms.ts';
import type { Kernel } from '../open/kernel.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { BTF_KEY, readTypes } from './kernel-types.ts';
import { StructReader } from './struct-reader.ts';
import type { Types } from './types.ts';

/**
 * A kernel with its own description: symbols say where things are, BTF what they look like. Both come from
 * the dump and are read when first needed.
 */
export class TypedKernel {
  readonly kernel: Kernel;
  #symbols: Kallsyms | undefined;
  #types: Types | InspectError | undefined;
  readonly #addresses = new Map<string, bigint | undefined>();

  constructor(kernel: Kernel, symbols?: Kallsyms) {
    this.kernel = kernel;
    this.#symbols = symbols;
  }

  get space(): AddressSpace {
    return this.kernel.space;
  }

  /** @throws InspectError as readKallsyms does */
  get symbols(): Kallsyms {
    this.#symbols ??= readKallsyms(this.kernel);
    return this.#symbols;
  }

  /** @throws InspectError as readTypes does: missingInfo for a kernel without BTF */
  get types(): Types {
    this.#types ??= attempt(() => readTypes(this.kernel, this.#symbolsIfAny()));
    if (this.#types instanceof InspectError) throw this.#types;
    return this.#types;
  }

  /** Whether the kernel was built without BTF, so that its types are not lost. */
  get hasNoTypes(): boolean {
    return this.noTypes !== null;
  }

  /** The error of a kernel that was built without BTF; null for one that was built with it. */
  get noTypes(): InspectError | null {
    const types = attempt(() => this.types);
    return types instanceof InspectError && types.facts.key === BTF_KEY ? types : null;
  }

  /** @throws InspectError as readKallsyms does, except for a kernel without a symbol table */
  #symbolsIfAny(): Kallsyms | undefined {
    const symbols = attempt(() => this.symbols);
    if (!(symbols instanceof InspectError)) return symbols;
    if (symbols.kind === 'missingInfo') return undefined;
    throw symbols;
  }

  /**
   * Returns the virtual address of a symbol, the first if there are several; undefined if there is none.
   * @throws InspectError missingInfo if the symbol table has no data (CONFIG_KALLSYMS_ALL), so that it cannot
   * tell
   */
  findSymbol(name: string): bigint | undefined {
    if (!this.#addresses.has(name)) this.#addresses.set(name, this.#lookUp(name));
    const address = this.#addresses.get(name);
    if (address === undefined && this.noData) throw this.noData;
    return address;
  }

  /** The error of a kernel whose symbol table has functions only; null for any other. */
  get noData(): InspectError | null {
    return this.symbols.hasData ? null : onlyFunctions();
  }

  #lookUp(name: string): bigint | undefined {
    const [found] = this.symbols.find(name);
    if (found || this.symbols.hasData) return found?.address;
    // VMCOREINFO has the value of this pointer instead of its address (a0b1280368d1, 4.15).
    return name === 'mem_section' ? undefined : this.kernel.info.symbol(name);
  }

  /** Whether the kernel has a function of that name. @throws InspectError as readKallsyms does */
  hasFunction(name: string): boolean {
    return this.symbols.find(name).length > 0;
  }

  /**
   * Returns the virtual address of a symbol.
   * @throws InspectError missingInfo if the kernel has none of that name
   */
  symbol(name: string): bigint {
    const address = this.findSymbol(name);
    if (address !== undefined) return address;
    throw new InspectError('missingInfo', `this kernel has no symbol ${name}`, { key: `SYMBOL(${name})` });
  }

  /**
   * Returns a reader of selected members of many objects; a trailing question mark makes a member optional.
   * @throws InspectError missingInfo if this kernel lacks the structure or a member
   */
  reader<const P extends string>(struct: string, ...paths: readonly P[]): StructReader<P> {
    return new StructReader(this.space, this.types.struct(struct), paths);
  }

  /**
   * Like reader(), but for a single object, which is read at once.
   * @throws InspectError missingInfo, notMapped or notStored
   */
  read<const P extends string>(struct: string, address: bigint, ...paths: readonly P[]): StructReader<P> {
    return this.reader(struct, ...paths).load(address);
  }
}

function attempt<T>(make: () => T): T | InspectError {
  try {
    return make();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

function onlyFunctions(): InspectError {
  return new InspectError(
    'missingInfo',
    'the symbol table of this kernel has functions only (CONFIG_KALLSYMS_ALL=n), and nothing says where its data is',
  );
}
