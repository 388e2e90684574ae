import type { ByteSource } from '../../../src/bytes/source.ts';
import type { MemoryImage } from '../../../src/formats/image/image.ts';
import { asAvml } from '../../builders/avml.ts';
import { asLime, asVm2core } from '../../builders/containers.ts';
import { runningCpu } from '../../builders/running-cpu.ts';
import { asVirtualBox } from '../../builders/virtualbox.ts';
import { asVmware } from '../../builders/vmware.ts';

/** Formats of one file in which a byte of memory is a byte of the file, and which need no option. */
const FORMS: Readonly<Record<string, (elf: ByteSource, image: MemoryImage) => ByteSource>> = {
  lime: (elf, image) => asLime(elf, [...image.segments]),
  // Not in AVML's own format, which has a checksum of each chunk: it would be all that a change contradicts.
  avml: (elf, image) => asAvml(elf, [...image.segments], 'lime'),
  vm2core: (elf, image) => asVm2core(elf, image),
  virtualbox: (elf, image) => asVirtualBox(elf, [...image.segments], [runningCpu(image)]),
  vmware: (elf, image) => asVmware(elf, [...image.segments], [runningCpu(image)]),
};

/** The memory of an ELF dump in another format. */
export function inForm(name: string, elf: ByteSource, image: MemoryImage): ByteSource {
  const write = FORMS[name];
  if (!write) throw new Error(`there is no form ${name}: ${Object.keys(FORMS).join(', ')}`);
  return write(elf, image);
}
