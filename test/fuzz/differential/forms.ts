import type { ByteSource } from '../../../src/bytes/source.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { openKernel } from '../../../src/kernel/open/kernel.ts';
import { asAvml } from '../../builders/avml.ts';
import { asLime, asVm2core } from '../../builders/containers.ts';
import { type CpuState, CR4_4_LEVELS, CR4_LA57 } from '../../builders/qemu-dump.ts';
import { asVirtualBox } from '../../builders/virtualbox.ts';
import { asVmware } from '../../builders/vmware.ts';

/** Formats of one file in which a byte of memory is a byte of the file, and which need no option. */
const FORMS: Readonly<Record<string, (elf: ByteSource, image: MemoryImage) => ByteSource>> = {
  lime: (elf, image) => asLime(elf, [...image.segments]),
  // Not in AVML's own format, which has a checksum of each chunk: it would be all that a change contradicts.
  avml: (elf, image) => asAvml(elf, [...image.segments], 'lime'),
  vm2core: (elf, image) => asVm2core(elf, image),
  virtualbox: (elf, image) => asVirtualBox(elf, [...image.segments], [cpuOf(image)]),
  vmware: (elf, image) => asVmware(elf, [...image.segments], [cpuOf(image)]),
};

/** The memory of an ELF dump in another format. */
export function inForm(name: string, elf: ByteSource, image: MemoryImage): ByteSource {
  const write = FORMS[name];
  if (!write) throw new Error(`there is no form ${name}: ${Object.keys(FORMS).join(', ')}`);
  return write(elf, image);
}

/** A CPU that was running the kernel of the dump. */
function cpuOf(image: MemoryImage): CpuState {
  const { space, pagingLevels } = openKernel(image);
  const cr4 = pagingLevels === 5 ? CR4_4_LEVELS | CR4_LA57 : CR4_4_LEVELS;
  return { cr3: BigInt(space.walker.root), cr4 };
}
