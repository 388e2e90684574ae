import { InspectError, within } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kallsyms } from '../kallsyms/kallsyms.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { Btf } from './btf.ts';

/** The largest kernels have some 10 MB; anything that claims more is not BTF. */
export const SIZE_LIMIT = 32 << 20;

/** Where a BTF lies. */
export interface BtfPlace {
  /** Virtual address. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: bigint;
}

/**
 * The symbols around the kernel's BTF (scripts/link-vmlinux.sh, CONFIG_DEBUG_INFO_BTF). It is in the image
 * since 5.4 (341dfcf8d78e). Since 90ceddcb4950 (5.7) the linker script names it and puts it in read-only
 * data; before, objcopy named it after its file, and it was writable.
 */
const NAMES = [
  ['__start_BTF', '__stop_BTF'],
  ['_binary__btf_vmlinux_bin_start', '_binary__btf_vmlinux_bin_end'],
] as const;

/** Returns where symbols say that the kernel's BTF is; undefined if they do not. */
export function btfBySymbols(symbols: Kallsyms): BtfPlace | undefined {
  for (const names of NAMES) {
    const [start, stop] = names.map((name) => symbols.find(name)[0]?.address);
    if (start !== undefined && stop !== undefined && start !== stop)
      return { address: start, size: stop - start };
  }
  return undefined;
}

/** Reads BTF. @throws InspectError notMapped or notStored; corrupt or unsupported */
export function readBlob(space: AddressSpace, { address, size }: BtfPlace, base?: Btf): Btf {
  if (size < 0n || size > BigInt(SIZE_LIMIT)) {
    throw new InspectError('corrupt', `BTF of ${size} bytes at ${hex(address)}`, { address });
  }
  try {
    return new Btf(space.bytes(address, Number(size)), base);
  } catch (error) {
    throw within(`the kernel's types at ${hex(address)}`, error);
  }
}
