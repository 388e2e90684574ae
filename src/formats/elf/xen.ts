import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import type { InspectError } from '../../errors.ts';
import type { Note } from '../image/image.ts';
import { type ElfHeader, unsupported } from './header.ts';
import { listed, notesIn } from './notes.ts';

/** Elf64_Shdr of include/uapi/linux/elf.h */
const shdr = struct('section header', 64, { sh_type: u32(4), sh_offset: u64(24), sh_size: u64(32) });
const SHT_NOTE = 7;

/** XEN_ELFNOTE_DUMPCORE_HEADER of Xen (docs/misc/dump-core-format.txt): its contents begin with a magic number. */
const DUMPCORE_HEADER = 0x200_0001;
/** XC_CORE_MAGIC_HVM (tools/libs/ctrl/xc_private.h); XC_CORE_MAGIC, of a PV domain, is one less. */
const HVM_MAGIC = 0xf00f_ebeen;
const header = struct('Xen dump-core header', 8, { xch_magic: u64(0) });

const KDUMP_INSIDE = "save the dump inside of the domain, with its own kernel's kdump";

/**
 * Refuses what `xl dump-core` writes of a domain: its notes and its pages are in ELF sections, and there are
 * no program headers.
 * @throws InspectError unsupported, naming the kind of domain
 */
export function refuseXenCore(source: ByteSource, elf: ElfHeader): void {
  if (elf.e_phnum !== 0) return;
  const notes = sectionNotes(source, elf).filter(({ name }) => name === 'Xen');
  if (notes.length === 0) return;
  const first = notes.find(({ type }) => type === DUMPCORE_HEADER);
  throw isHvm(source, first)
    ? unsupported(
        source.path,
        'a core of a Xen HVM domain (xl dump-core), which has its pages in ELF sections',
        KDUMP_INSIDE,
      )
    : unsupported(
        source.path,
        'a core of a Xen PV domain (xl dump-core), whose page tables hold machine addresses',
        'no tool but crash reads it, and it needs a vmlinux',
      );
}

function isHvm(source: ByteSource, note: Note | undefined): boolean {
  const bytes = new Uint8Array(header.size);
  return (
    note !== undefined &&
    source.read(note.offset, bytes) === bytes.length &&
    header.decode(bytes).xch_magic === HVM_MAGIC
  );
}

/** The notes of the first note section; none if the file has no valid section headers. */
function sectionNotes(source: ByteSource, { e_shoff, e_shentsize, e_shnum }: ElfHeader): readonly Note[] {
  if (e_shoff === 0n || e_shentsize !== shdr.size) return [];
  const bytes = new Uint8Array(shdr.size);
  for (let i = 0; i < e_shnum; i++) {
    if (source.read(e_shoff + BigInt(i * shdr.size), bytes) < bytes.length) return [];
    const { sh_type, sh_offset, sh_size } = shdr.decode(bytes);
    if (sh_type === SHT_NOTE) return listed(notesIn(source, sh_offset, sh_offset + sh_size)).notes;
  }
  return [];
}

/**
 * The error for a vmcore that Xen's own kexec left: the hypervisor adds notes to those of domain 0
 * (XEN_ELFNOTE_CRASH_INFO, CRASH_REGS; VMCOREINFO_XEN).
 */
export function xenHost(path: string): InspectError {
  const what = 'a dump of a Xen host, the hypervisor with domain 0, whose page tables hold machine addresses';
  return unsupported(path, what, 'crash reads it, with xen-syms or the vmlinux of domain 0');
}
