import { InspectError } from '../../errors.ts';
import { readBtf } from '../btf/read-btf.ts';
import { type Kallsyms, readKallsyms } from '../kallsyms/kallsyms.ts';
import type { Kernel } from '../open/kernel.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { StructReader } from './struct-reader.ts';
import { Types } from './types.ts';

/**
 * A kernel with its own description: symbols say where things are, BTF what they look like. Both come from
 * the dump and are read when first needed.
 */
export class TypedKernel {
  readonly kernel: Kernel;
  #symbols: Kallsyms | undefined;
  #types: Types | undefined;
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

  /** @throws InspectError as readBtf does: missingInfo for a kernel without BTF */
  get types(): Types {
    this.#types ??= new Types(readBtf(this.space, this.symbols));
    return this.#types;
  }

  /** Returns the virtual address of a symbol, the first if there are several; undefined if there is none. */
  findSymbol(name: string): bigint | undefined {
    if (!this.#addresses.has(name)) this.#addresses.set(name, this.symbols.find(name)[0]?.address);
    return this.#addresses.get(name);
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
