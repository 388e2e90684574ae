import type { ByteSource } from '../bytes/source.ts';
import { isAvml } from './avml/signature.ts';
import { openElf, readElf } from './elf/elf-image.ts';
import { isCoreFile, isElf } from './elf/header.ts';
import type { DumpFormat } from './image/format.ts';
import type { MemoryImage } from './image/image.ts';
import { isKcore, openKcore } from './kcore/kcore-image.ts';
import { isKdump } from './kdump/signature.ts';
import { isLime, openLime } from './lime.ts';
import { openRaw } from './raw/raw-image.ts';
import { isVmwareState } from './vmware/signature.ts';

/** The formats that are recognised by their first bytes. The first one whose probe holds opens the file. */
export const FORMATS: readonly DumpFormat[] = [
  { name: 'kdump-compressed', probe: isKdump, load: loadKdump, mayBeSplit: true },
  { name: 'LiME', probe: isLime, open: ([file]) => openLime(file) },
  { name: 'VMware', probe: isVmwareState, load: loadVmware, memoryMayBeApart: true },
  { name: 'AVML', probe: isAvml, load: loadAvml },
  { name: 'ELF', probe: isElf, open: ([file]) => openElfFile(file) },
];

/** Plain memory. No file shows that it is this, so the user must say so. */
export const RAW: DumpFormat = {
  name: 'raw',
  probe: () => false,
  open: ([file], options) => openRaw(file, options),
};

/** Whether a file that starts with these bytes, 20 of them, may be a dump: an ELF file must be a core file. */
export function isDumpStart(head: Uint8Array): boolean {
  return isElf(head) ? isCoreFile(head) : FORMATS.some(({ probe }) => probe(head));
}

/** Loaded only when needed, because the codecs take some milliseconds to load. */
async function loadKdump() {
  const { loadOpenKdump } = await import('./kdump/kdump-image.ts');
  return loadOpenKdump();
}

/** Loaded only when needed, as few files are of this kind. */
async function loadVmware() {
  const { openVmware } = await import('./vmware/vmware-image.ts');
  return openVmware;
}

/** Loaded only when needed, because of the decoder. */
async function loadAvml() {
  const { loadOpenAvml } = await import('./avml/avml-image.ts');
  return loadOpenAvml();
}

/** /proc/kcore is an ELF file, too; its notes and its file system tell the two apart. */
function openElfFile(file: ByteSource): MemoryImage {
  const parts = readElf(file);
  return isKcore(file, parts) ? openKcore(file, parts) : openElf(file, parts);
}
