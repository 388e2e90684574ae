import type { ByteSource } from '../../bytes/source.ts';
import { struct, u8, u16, u32, u64 } from '../../bytes/struct.ts';
import { InspectError } from '../../errors.ts';

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EM_X86_64 = 62;
export const ET_CORE = 4;

/** Names of e_machine for refusals, from include/uapi/linux/elf-em.h */
const MACHINES: Record<number, string> = {
  2: 'SPARC',
  3: 'i386',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S/390',
  40: 'ARM',
  43: 'SPARC64',
  50: 'IA-64',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
};

/** Elf64_Ehdr of include/uapi/linux/elf.h */
const ehdr = struct('ELF header', 64, {
  e_type: u16(16),
  e_machine: u16(18),
  e_version: u32(20),
  e_phoff: u64(32),
  e_shoff: u64(40),
  e_flags: u32(48),
  e_phentsize: u16(54),
  e_phnum: u16(56),
  e_shentsize: u16(58),
  e_shnum: u16(60),
});
const ident = struct('ELF identification', 16, { class: u8(4), data: u8(5) });

export type ElfHeader = ReturnType<typeof ehdr.decode>;

/** Whether these first bytes of a file are those of an ELF file, of any class. */
export function isElf(start: Uint8Array): boolean {
  return (
    start.length >= 4 && start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46
  );
}

/** Whether these first bytes of an ELF file say that it is a core file. */
export function isCoreFile(start: Uint8Array): boolean {
  return start.length >= 18 && start[16] === ET_CORE && start[17] === 0;
}

/**
 * The header of an ELF64 little-endian file for x86_64, of any type.
 * @throws InspectError unsupported, naming what the file is instead; corrupt, if it ends inside the header
 */
export function readElfHeader(source: ByteSource): ElfHeader {
  const bytes = new Uint8Array(ehdr.size);
  const start = bytes.subarray(0, source.read(0, bytes));
  refuseForeign(source.path, ident.decode(start));
  const header = ehdr.decode(start);
  if (header.e_machine !== EM_X86_64) {
    const machine = MACHINES[header.e_machine] ?? `machine ${header.e_machine}`;
    throw unsupported(source.path, `an ELF file for ${machine}; only x86_64 is supported`);
  }
  return header;
}

function refuseForeign(path: string, id: ReturnType<typeof ident.decode>): void {
  if (id.data !== ELFDATA2LSB)
    throw unsupported(path, 'a big-endian ELF file; only x86_64 is supported, which is little-endian');
  if (id.class !== ELFCLASS64) {
    throw unsupported(
      path,
      'an ELF32 file; only ELF64 is supported',
      'write the dump with ELF64 headers (kexec --elf64-core-headers)',
    );
  }
}

/** The error for a file that is intact but cannot be read by this program. */
export function unsupported(path: string, what: string, hint?: string): InspectError {
  return new InspectError('unsupported', `${path}: this is ${what}`, { path, ...(hint ? { hint } : {}) });
}
