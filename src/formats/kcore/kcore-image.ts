import type { ByteSource } from '../../bytes/source.ts';
import { GIB, START_KERNEL_MAP } from '../../machine.ts';
import { type ElfParts, elfImage, NO_PADDR, segmentOf } from '../elf/elf-image.ts';
import { type ProgramHeader, PT_LOAD } from '../elf/program-headers.ts';
import { readVmcoreinfoNotes, vmcoreinfoAmong } from '../elf/vmcoreinfo-notes.ts';
import type { MemoryImage, Segment } from '../image/image.ts';
import { mapChangeSince } from './map-change.ts';
import { sysfsVmcoreinfo } from './sysfs-vmcoreinfo.ts';
import { refuseXenPv } from './xen-pv.ts';

/** NT_TASKSTRUCT of include/uapi/linux/elf.h: of the files in procfs, only kcore has it (fs/proc/kcore.c) */
const NT_TASKSTRUCT = 4;
/** The lowest __PAGE_OFFSET with 4 levels; before 4.11 there were no 5 levels */
const DIRECT_MAP = 0xffff_8800_0000_0000n;
/** VMALLOC_SIZE_TB with 4 levels; the segment is one byte smaller */
const VMALLOC_SIZE = 1n << 45n;

/** Whether an ELF file is live memory, judged by file system and content, because any path may lead to it. */
export function isKcore(source: ByteSource, parts: ElfParts): boolean {
  return source.isProcfs && parts.notes.some((note) => note.name === 'CORE' && note.type === NT_TASKSTRUCT);
}

/**
 * Opens /proc/kcore. Its segments keep their order, because the text segment comes before the RAM that it
 * aliases, and readers use the first segment that holds an address. The file's size means nothing.
 * @throws InspectError unsupported for a Xen PV domain; as elfImage
 */
export function openKcore(source: ByteSource, parts: ElfParts): MemoryImage {
  refuseXenPv(source.path);
  const loads = [...parts.headers.ofType(PT_LOAD)];
  const segments = segmentsOf(loads);
  const traits = { format: '/proc/kcore', live: true, segments, warnings: [] };
  const noted = readVmcoreinfoNotes(source, vmcoreinfoAmong(parts.notes));
  const bare = {
    // No program wrote the file, so none could run out of space.
    ...elfImage(source, { ...parts, incomplete: false }, { ...traits, noted }),
    mapChange: () => mapChangeSince(segments, source.path, segmentsOf),
  };
  return noted.vmcoreinfo ? bare : { ...bare, vmcoreinfo: sysfsVmcoreinfo(bare.memory) };
}

function segmentsOf(loads: readonly ProgramHeader[]): Segment[] {
  return withPhysicalAddresses(loads).map((header) => segmentOf(header, null));
}

/**
 * Before 4.11 (464920104bf7) every p_paddr is 0. RAM then follows from p_vaddr: the lowest direct-map segment
 * starts within the first GiB of memory, and the direct map's base is a multiple of 1 GiB
 * (arch/x86/mm/kaslr.c).
 */
export function withPhysicalAddresses(loads: readonly ProgramHeader[]): ProgramHeader[] {
  const placed = loads.some((load) => load.p_paddr !== 0n);
  if (placed || loads.length < 2) return [...loads];
  const end = endOfDirectMap(loads);
  const isDirect = (load: ProgramHeader) => load.p_vaddr >= DIRECT_MAP && load.p_vaddr < end;
  const lowest = loads.filter(isDirect).reduce((low, load) => (load.p_vaddr < low ? load.p_vaddr : low), end);
  const base = lowest - (lowest % GIB);
  return loads.map((load) => ({ ...load, p_paddr: isDirect(load) ? load.p_vaddr - base : NO_PADDR }));
}

/**
 * The direct map ends before vmalloc, the only segment of 32 TiB; the parts of the vmemmap lie above that.
 */
function endOfDirectMap(loads: readonly ProgramHeader[]): bigint {
  const vmalloc = loads.find((load) => load.p_memsz >= VMALLOC_SIZE - GIB && load.p_vaddr >= DIRECT_MAP);
  return vmalloc ? vmalloc.p_vaddr : START_KERNEL_MAP;
}
