import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import { type TriedValue, tryMethods } from '../evidence/methods.ts';
import type { Kernel } from '../open/kernel.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';
import type { KallsymsSource } from './page-offset.ts';

/** Where _stext is linked, as an address, and what says so. */
interface LinkAddress {
  readonly address: bigint;
  readonly how: string;
}

/** __START_KERNEL_map + CONFIG_PHYSICAL_START, 16 MiB by default */
const BY_DEFAULT: LinkAddress = { address: START_KERNEL_MAP + 0x100_0000n, how: 'its default link address' };

/** The slide of the kernel image (KASLR). A kernel may be linked to another address than the default. */
export function findKernelOffset(kernel: Kernel, kallsyms: KallsymsSource): TriedValue {
  const { info } = kernel;
  const noted = info.hex('KERNELOFFSET');
  const stext = info.symbol('_stext');
  const fits = ({ address }: LinkAddress) =>
    noted === undefined || stext === undefined || stext - noted === address;
  const linked = fits(BY_DEFAULT) ? BY_DEFAULT : (linkAddress(kernel, kallsyms) ?? BY_DEFAULT);
  const methods = [
    {
      source: 'vmcoreinfo',
      find: () => ({
        value: required(noted, 'KERNELOFFSET', 'kernels have it since Linux 3.14'),
        how: 'KERNELOFFSET',
      }),
    },
    {
      source: 'stext',
      find: () => ({
        value:
          required(stext, 'SYMBOL(_stext)', 'the slide of the image cannot be computed') - linked.address,
        how: `SYMBOL(_stext) minus ${hex(linked.address)}, ${linked.how}`,
      }),
    },
  ];
  // Neither is known to be right then.
  return tryMethods(methods, (value) =>
    fits(linked) ? undefined : `${value === noted ? 'SYMBOL(_stext)' : 'KERNELOFFSET'} contradicts it`,
  );
}

/** Bytes into struct boot_params, and the magic number there (Documentation/arch/x86/boot.rst). */
const HEADER = { magic: 0x202n, prefAddress: 0x258n };
const MAGIC = 'HdrS';

/**
 * Returns the link address by the setup header that the boot loader copied from the kernel's file: its
 * pref_address is LOAD_PHYSICAL_ADDR. undefined for a kernel that was booted without such a file (PVH).
 */
function linkAddress({ space }: Kernel, kallsyms: KallsymsSource): LinkAddress | undefined {
  try {
    const at = kallsyms().find('boot_params')[0]?.address;
    if (at === undefined || latin1(space.bytes(at + HEADER.magic, MAGIC.length)) !== MAGIC) return undefined;
    const physical = space.u64(at + HEADER.prefAddress);
    if (physical === 0n) return undefined;
    return { address: START_KERNEL_MAP + physical, how: 'its link address by boot_params.hdr.pref_address' };
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
