import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import { InspectError } from '../../errors.ts';
import type { ElfHeader } from './header.ts';

export const PT_LOAD = 1;
export const PT_NOTE = 4;
/** e_phnum when the real count is in sh_info of section header 0 (ELF gABI, chapter 5) */
const PN_XNUM = 0xffff;

/** A makedumpfile -E dump of a machine with many TiB stays below this; a file that claims more is damaged. */
const COUNT_LIMIT = 4_000_000;
/** Headers read at once: 224 KiB. */
const AT_ONCE = 4096;

/** Elf64_Phdr of include/uapi/linux/elf.h */
const phdr = struct('program header', 56, {
  p_type: u32(0),
  p_flags: u32(4),
  p_offset: u64(8),
  p_vaddr: u64(16),
  p_paddr: u64(24),
  p_filesz: u64(32),
  p_memsz: u64(40),
  /** The lower half: no alignment needs more. */
  p_align: u32(48),
});
const shdr = struct('section header', 64, { sh_info: u32(44) });

export type ProgramHeader = ReturnType<typeof phdr.decode>;

/** The program headers of a file, in file order. They are read in pieces, and again each time. */
export class ProgramHeaders implements Iterable<ProgramHeader> {
  readonly #source: ByteSource;
  readonly #at: bigint;
  readonly count: number;

  constructor(source: ByteSource, at: bigint, count: number) {
    this.#source = source;
    this.#at = at;
    this.count = count;
  }

  /** @throws InspectError corrupt, if the file ends before the size that it had */
  [Symbol.iterator](): Generator<ProgramHeader> {
    return this.#read(undefined);
  }

  /** The headers of one type. The others are not decoded, because that takes longer than reading them. */
  ofType(type: number): Generator<ProgramHeader> {
    return this.#read(type);
  }

  *#read(type: number | undefined): Generator<ProgramHeader> {
    const bytes = new Uint8Array(Math.min(AT_ONCE, this.count) * phdr.size);
    const view = new DataView(bytes.buffer);
    for (let done = 0; done < this.count; done += AT_ONCE) {
      const length = Math.min(AT_ONCE, this.count - done) * phdr.size;
      const at = this.#at + BigInt(done * phdr.size);
      const got = this.#source.read(at, bytes.subarray(0, length));
      for (let i = 0; i < length; i += phdr.size) {
        if (i + phdr.size > got) phdr.decode(bytes.subarray(0, got), i, Number(at));
        if (type === undefined || view.getUint32(i, true) === type) yield decodeHeader(view, i);
      }
    }
  }
}

/** Like `phdr.decode`, which goes by a table of fields, in a tenth of the time: a file may have millions. */
function decodeHeader(view: DataView, at: number): ProgramHeader {
  return {
    p_type: view.getUint32(at, true),
    p_flags: view.getUint32(at + 4, true),
    p_offset: view.getBigUint64(at + 8, true),
    p_vaddr: view.getBigUint64(at + 16, true),
    p_paddr: view.getBigUint64(at + 24, true),
    p_filesz: view.getBigUint64(at + 32, true),
    p_memsz: view.getBigUint64(at + 40, true),
    p_align: view.getUint32(at + 48, true),
  };
}

/**
 * All program headers, at the place given by e_phoff; PN_XNUM is resolved.
 * @throws InspectError corrupt, if the table does not fit into the file
 */
export function readProgramHeaders(source: ByteSource, header: ElfHeader): ProgramHeaders {
  if (header.e_phentsize !== phdr.size) {
    throw corrupt(source, 54n, `e_phentsize is ${header.e_phentsize}, not ${phdr.size}`);
  }
  const count = header.e_phnum === PN_XNUM ? extendedCount(source, header) : header.e_phnum;
  if (count === 0) throw corrupt(source, 56n, 'it has no program headers');
  if (count > COUNT_LIMIT) throw corrupt(source, header.e_phoff, `it claims ${count} program headers`);
  const length = count * phdr.size;
  const left = Number(BigInt(source.size) - header.e_phoff);
  if (left < length) {
    throw corrupt(
      source,
      header.e_phoff,
      `the ${count} program headers need ${length} bytes, but the file has ${Math.max(0, left)}`,
    );
  }
  return new ProgramHeaders(source, header.e_phoff, count);
}

function extendedCount(source: ByteSource, header: ElfHeader): number {
  if (header.e_shoff === 0n)
    throw corrupt(source, 40n, 'e_phnum is PN_XNUM, but there is no section header 0 with the count');
  const bytes = new Uint8Array(shdr.size);
  const got = bytes.subarray(0, source.read(header.e_shoff, bytes));
  return shdr.decode(got, 0, Number(header.e_shoff)).sh_info;
}

function corrupt(source: ByteSource, offset: bigint, what: string): InspectError {
  return new InspectError('corrupt', `${source.path}: ELF: ${what}`, { path: source.path, offset });
}
