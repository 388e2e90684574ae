import { InspectError, within } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kallsyms } from '../kallsyms/kallsyms.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { Btf } from './btf.ts';

/** The largest kernels have some 10 MB; anything that claims more is not BTF. */
const SIZE_LIMIT = 32 << 20;

/**
 * Reads the types in the kernel's read-only data, between __start_BTF and __stop_BTF
 * (scripts/link-vmlinux.sh, CONFIG_DEBUG_INFO_BTF, since 5.2). No dump level of makedumpfile removes them.
 * @throws InspectError missingInfo if the kernel has none; notMapped or notStored; corrupt or unsupported
 */
export function readBtf(space: AddressSpace, symbols: Kallsyms): Btf {
  const [start, stop] = ['__start_BTF', '__stop_BTF'].map((name) => symbols.find(name)[0]?.address);
  if (start === undefined || stop === undefined || stop === start) {
    throw new InspectError('missingInfo', 'this kernel has no BTF, which describes its structures', {
      key: 'SYMBOL(__start_BTF)',
      hint: 'kernels have it if they are built with CONFIG_DEBUG_INFO_BTF=y, as distributions do',
    });
  }
  return readBlob(space, start, stop - start);
}

/** Reads BTF at an address. @throws InspectError as readBtf does */
export function readBlob(space: AddressSpace, address: bigint, size: bigint, base?: Btf): Btf {
  if (size < 0n || size > BigInt(SIZE_LIMIT)) {
    throw new InspectError('corrupt', `BTF of ${size} bytes at ${hex(address)}`, { address });
  }
  try {
    return new Btf(space.bytes(address, Number(size)), base);
  } catch (error) {
    throw within(`the kernel's types at ${hex(address)}`, error);
  }
}
