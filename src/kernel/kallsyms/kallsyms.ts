import { InspectError } from '../../errors.ts';
import type { Kernel } from '../open/kernel.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { AddressIndex } from './address-index.ts';
import { provenForm, readAddresses, type SymbolAddresses } from './kallsyms-addresses.ts';
import { corruptTable, decodeTokens, KallsymsNames } from './kallsyms-names.ts';
import { tablesByShape } from './kallsyms-scan.ts';
import { type KallsymsTables, tablesByKeys } from './kallsyms-tables.ts';

/**
 * A distribution's kernel has some 200,000 symbols; one with everything built in (allyesconfig) under a
 * million.
 */
const COUNT_LIMIT = 1 << 20;
/** Bytes of compressed names: 250,000 symbols take some 3 MB. */
const NAMES_LIMIT = 32 << 20;
/** The longest token table that 16-bit indexes can address. */
const TOKEN_TABLE_LIMIT = 1 << 16;

/** Symbols outside text that every kernel has; several, in case that the name of one is damaged. */
const DATA = ['_end', '_edata', '__bss_start', 'init_task', 'init_uts_ns'];

/** A symbol of the kernel image. */
export interface KernelSymbol {
  readonly name: string;
  /** As nm prints it: T text, D data, R read-only, B bss, A absolute; lower case for local symbols. */
  readonly type: string;
  /** Virtual address, or the offset into a per-CPU area for per-CPU symbols before 6.15. */
  readonly address: bigint;
}

/** A symbol, and where in it an address lies. */
export interface SymbolLocation {
  readonly symbol: KernelSymbol;
  /** Bytes from the symbol to the address. */
  readonly offset: bigint;
  /** Bytes from the symbol to the next one. */
  readonly size: bigint;
}

/** The symbol table that a kernel carries in its own memory (CONFIG_KALLSYMS). */
export class Kallsyms {
  readonly #names: KallsymsNames;
  readonly #addresses: SymbolAddresses;
  #index: AddressIndex | undefined;
  #hasData: boolean | undefined;
  /** How the table was found. */
  readonly source: KallsymsTables['source'];
  /** Why names may be wrong, a sentence; null if nothing suggests it. */
  readonly damage: string | null;

  constructor(
    names: KallsymsNames,
    addresses: SymbolAddresses,
    { source, damage }: Pick<Kallsyms, 'source' | 'damage'>,
  ) {
    this.#names = names;
    this.#addresses = addresses;
    this.source = source;
    this.damage = damage === null ? null : `names of symbols may be wrong: kallsyms: ${damage}`;
  }

  get count(): number {
    return this.#names.count;
  }

  /** How the kernel wrote the addresses; confirmed by SYMBOL(_stext). */
  get form(): SymbolAddresses['form'] {
    return this.#addresses.form;
  }

  /**
   * Whether the table has symbols of data: without CONFIG_KALLSYMS_ALL it has only what lies in text
   * (scripts/kallsyms.c, symbol_valid).
   */
  get hasData(): boolean {
    this.#hasData ??= DATA.some((name) => this.#names.indexesOf(name).length > 0);
    return this.#hasData;
  }

  /** Returns symbol i of the table, which is ordered by address. */
  symbol(i: number): KernelSymbol {
    const expanded = this.#names.expanded(i);
    return { name: expanded.slice(1), type: expanded.slice(0, 1), address: this.#addresses.addressOf(i) };
  }

  /** Returns all symbols of exactly that name; several local ones may share it. */
  find(name: string): KernelSymbol[] {
    return this.#names.indexesOf(name).map((i) => this.symbol(i));
  }

  /** Yields all symbols in the order of the table. */
  *[Symbol.iterator](): Generator<KernelSymbol> {
    for (let i = 0; i < this.count; i++) yield this.symbol(i);
  }

  /**
   * Returns the last symbol at or below an address, with its distance to the next; undefined outside the
   * table.
   */
  nearest(address: bigint): SymbolLocation | undefined {
    this.#index ??= new AddressIndex(this.#addresses.all());
    const found = this.#index.nearest(address);
    if (found?.next === undefined) return undefined;
    const { index, start, next } = found;
    return { symbol: this.symbol(index), offset: address - start, size: next - start };
  }
}

/**
 * Reads the symbol table: by the keys of VMCOREINFO (6.0+), otherwise by its shape.
 * @throws InspectError missingInfo if neither way finds it; notMapped, notStored, corrupt or io
 */
export function readKallsyms({ space, info }: Pick<Kernel, 'space' | 'info'>): Kallsyms {
  const tables = tablesByKeys(space, info) ?? tablesByShape(space, info);
  const { count, tokenTable } = tables;
  if (count === 0 || count > COUNT_LIMIT) throw corruptTable(`kallsyms_num_syms is ${count}`);
  const tokenIndex = space.bytes(tables.tokenIndex, 512);
  const tokens = decoded(readUpTo(space, tokenTable, TOKEN_TABLE_LIMIT), (bytes) =>
    decodeTokens(bytes, tokenIndex),
  );
  const names = decoded(
    readUpTo(space, tables.names, namesLength(tables.names, tokenTable)),
    (bytes) => new KallsymsNames(bytes, count, tokens.all),
  );
  const addresses = provenForm(readAddresses(space, tables.addresses, count), stext(info, names));
  return new Kallsyms(names, addresses, { source: tables.source, damage: tokens.damage ?? names.rest });
}

function stext(info: Vmcoreinfo, names: KallsymsNames): { name: string; indexes: number[]; address: bigint } {
  const address = required(
    info.symbol('_stext'),
    'SYMBOL(_stext)',
    'the addresses in the symbol table cannot be verified',
  );
  return { name: '_stext', indexes: names.indexesOf('_stext'), address };
}

/**
 * Returns the size of the names if the tokens follow them, as in every kernel so far; otherwise the limit.
 */
function namesLength(namesAt: bigint, tokenTable: bigint): number {
  const length = tokenTable - namesAt;
  return length > 0n && length < BigInt(NAMES_LIMIT) ? Number(length) : NAMES_LIMIT;
}

/** The part of a table that was read, and why the rest could not be; null if nothing is missing. */
interface PartRead {
  readonly bytes: Uint8Array;
  readonly missing: InspectError | null;
}

/** Reads as much as it can, up to `limit`: a table's end is known only after decoding. */
function readUpTo(space: AddressSpace, address: bigint, limit: number): PartRead {
  const STEP = 1 << 16;
  const bytes = new Uint8Array(limit);
  for (let done = 0; done < limit; done += STEP) {
    const part = bytes.subarray(done, Math.min(limit, done + STEP));
    try {
      space.read(address + BigInt(done), part);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      const end = Number((error.facts.address ?? address) - address);
      if (end <= 0) throw error;
      space.read(address + BigInt(done), bytes.subarray(done, end));
      return { bytes: bytes.subarray(0, end), missing: error };
    }
  }
  return { bytes, missing: null };
}

/** Decodes a table. If that fails on a table that was not read whole, the reason is the failed read. */
function decoded<T>({ bytes, missing }: PartRead, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bytes);
  } catch (error) {
    // What is mapped may end where the table ends; any other reason is a loss.
    throw missing === null || missing.kind === 'notMapped' ? error : missing;
  }
}
