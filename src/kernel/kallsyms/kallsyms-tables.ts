import type { AddressSpace } from '../paging/address-space.ts';
import { missingKey, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** Where the tables of kallsyms lie in the kernel image; virtual addresses. */
export interface KallsymsTables {
  readonly count: number;
  readonly names: bigint;
  readonly tokenTable: bigint;
  readonly tokenIndex: bigint;
  readonly addresses: AddressTables;
  /** How they were found. */
  readonly source: 'vmcoreinfo' | 'scan';
}

/**
 * The address table: u64s, or 32-bit offsets with or without a base. A scan gives all three; one is right.
 */
export interface AddressTables {
  readonly absolute?: bigint;
  readonly offsets?: bigint;
  /** Address of the variable kallsyms_relative_base. */
  readonly relativeBase?: bigint;
}

/**
 * Returns the tables by the keys that VMCOREINFO has since 6.0 (5fd8fea935a1, f09bddbd8661), or undefined if
 * it has none.
 * @throws InspectError missingInfo if it has only some of them
 */
export function tablesByKeys(space: AddressSpace, info: Vmcoreinfo): KallsymsTables | undefined {
  const names = info.symbol('kallsyms_names');
  if (names === undefined) return undefined;
  const symbol = (name: string) => {
    const address = info.symbol(name);
    if (address !== undefined) return address;
    throw missingKey(`SYMBOL(${name})`, 'the symbol table cannot be read');
  };
  const absolute = info.symbol('kallsyms_addresses');
  const relativeBase = info.symbol('kallsyms_relative_base');
  return {
    count: space.u32(symbol('kallsyms_num_syms')),
    names,
    tokenTable: symbol('kallsyms_token_table'),
    tokenIndex: symbol('kallsyms_token_index'),
    addresses:
      absolute !== undefined
        ? { absolute }
        : { offsets: symbol('kallsyms_offsets'), ...(relativeBase === undefined ? {} : { relativeBase }) },
    source: 'vmcoreinfo',
  };
}
