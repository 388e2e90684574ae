import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import { InspectError } from '../../errors.ts';
import type { ElfHeader } from './header.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** e_phnum when the real count is in sh_info of section header 0 (ELF gABI, chapter 5) */
const PN_XNUM = 0xffff;

/** A dump that makedumpfile -E wrote of a machine of many TiB stays below; one that claims more lies. */
const COUNT_LIMIT = 4_000_000;

/** Elf64_Phdr of include/uapi/linux/elf.h */
const phdr = struct('program header', 56, {
  p_type: u32(0),
  p_flags: u32(4),
  p_offset: u64(8),
  p_vaddr: u64(16),
  p_paddr: u64(24),
  p_filesz: u64(32),
  p_memsz: u64(40),
});
const shdr = struct('section header', 64, { sh_info: u32(44) });

export type ProgramHeader = ReturnType<typeof phdr.decode>;

/**
 * All program headers, wherever e_phoff says they are and however many PN_XNUM says.
 * @throws InspectError corrupt, when the table does not fit into the file.
 */
export function readProgramHeaders(source: ByteSource, header: ElfHeader): ProgramHeader[] {
  if (header.e_phentsize !== phdr.size) {
    throw corrupt(source, 54n, `e_phentsize is ${header.e_phentsize}, not ${phdr.size}`);
  }
  const count = header.e_phnum === PN_XNUM ? extendedCount(source, header) : header.e_phnum;
  if (count === 0)
    throw corrupt(source, 56n, 'it has no program headers, as what xl dump-core writes of a Xen guest');
  if (count > COUNT_LIMIT) throw corrupt(source, header.e_phoff, `it claims ${count} program headers`);
  const length = count * phdr.size;
  const left = Number(BigInt(source.size) - header.e_phoff);
  if (left < length) {
    throw corrupt(
      source,
      header.e_phoff,
      `the ${count} program headers need ${length} bytes, the file has ${Math.max(0, left)}`,
    );
  }
  const bytes = new Uint8Array(length);
  const got = bytes.subarray(0, source.read(header.e_phoff, bytes));
  return Array.from({ length: count }, (_, i) => phdr.decode(got, i * phdr.size, Number(header.e_phoff)));
}

function extendedCount(source: ByteSource, header: ElfHeader): number {
  if (header.e_shoff === 0n)
    throw corrupt(source, 40n, 'e_phnum is PN_XNUM, but there is no section header 0 that has the count');
  const bytes = new Uint8Array(shdr.size);
  const got = bytes.subarray(0, source.read(header.e_shoff, bytes));
  return shdr.decode(got, 0, Number(header.e_shoff)).sh_info;
}

function corrupt(source: ByteSource, offset: bigint, what: string): InspectError {
  return new InspectError('corrupt', `${source.path}: ELF: ${what}`, { path: source.path, offset });
}
