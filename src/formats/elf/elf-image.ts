import { type FileParts, partsHeld } from '../../bytes/held.ts';
import { hex } from '../../bytes/hex.ts';
import { countOf } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { ExtentMemory } from '../extent-memory.ts';
import type { MemoryImage, Note, Segment, VmcoreinfoText } from '../image.ts';
import { qemuRegisters } from '../qemu-notes.ts';
import { requireCore, requireKernel } from './elf-type.ts';
import { readElfHeader } from './header.ts';
import { isMarkedIncomplete, markWarnings } from './marks.ts';
import { noteText, readNotes } from './notes.ts';
import { type ProgramHeader, PT_LOAD, readProgramHeaders } from './program-headers.ts';

/** The widest physical address of x86_64 (MAX_PHYSMEM_BITS with 5-level paging, arch/x86/include/asm/sparsemem.h) */
const PHYSICAL_LIMIT = 1n << 52n;
/** What /proc/kcore writes for "no physical address" (fs/proc/kcore.c, since 4.11) */
export const NO_PADDR = 0xffff_ffff_ffff_ffffn;
const PAGE = 4096;

/** An ELF file taken apart, before anyone asked whether it is live. */
export interface ElfParts {
  readonly headers: readonly ProgramHeader[];
  readonly notes: readonly Note[];
  /** Whether its writer marked it as incomplete. */
  readonly incomplete: boolean;
}

/** @throws InspectError unsupported or corrupt */
export function readElf(source: ByteSource): ElfParts {
  const header = readElfHeader(source);
  requireCore(source, header);
  const headers = readProgramHeaders(source, header);
  const notes = readNotes(source, headers);
  requireKernel(source, notes);
  return { headers, notes, incomplete: isMarkedIncomplete(header) };
}

/** What a LOAD maps and where, in the terms of MemoryImage. `file` is null where it has no true size. */
export function segmentOf(header: ProgramHeader, file: FileParts | null): Segment {
  const { p_paddr, p_memsz, p_filesz, p_offset } = header;
  const size = p_memsz > p_filesz ? p_memsz : p_filesz;
  const physical = p_paddr !== NO_PADDR && p_paddr + size <= PHYSICAL_LIMIT ? Number(p_paddr) : null;
  const held = file === null ? p_filesz : BigInt(countOf(partsHeld(file, p_offset, p_filesz)));
  return {
    type: 'LOAD',
    virtual: header.p_vaddr,
    physical,
    memorySize: size,
    fileSize: p_filesz,
    offset: p_offset,
    missing: p_filesz - held,
  };
}

/** Pages that a segment touches, a page that it ends inside of among them, as makedumpfile's bitmap counts them. */
function pagesOf(segment: Segment): number {
  if (segment.physical === null) return 0;
  const end = segment.physical + Number(segment.memorySize);
  return Math.ceil(end / PAGE) - Math.floor(segment.physical / PAGE);
}

interface ImageTraits {
  readonly format: string;
  readonly live: boolean;
  readonly segments: readonly Segment[];
  readonly vmcoreinfo: VmcoreinfoText | null;
  readonly warnings: readonly string[];
}

/** The image of a file whose segments hold memory as it is. */
export function elfImage(
  source: ByteSource,
  { notes, incomplete }: Omit<ElfParts, 'headers'>,
  traits: ImageTraits,
): MemoryImage {
  const bytes = traits.live ? null : source.size;
  const physical = traits.segments.filter((segment) => segment.physical !== null);
  const range = (segment: Segment, size: bigint) => {
    const start = segment.physical as number;
    return { start, end: start + Number(size), offset: segment.offset };
  };
  const memory = new ExtentMemory(source, {
    extents: physical.filter((s) => s.fileSize > 0n).map((s) => range(s, s.fileSize)),
    described: physical.map((s) => range(s, s.memorySize)),
    fileSize: bytes,
    incomplete,
  });
  return {
    ...traits,
    path: source.path,
    bytes,
    memory,
    notes,
    makedumpfile: {
      originalPages: physical.reduce((sum, segment) => sum + pagesOf(segment), 0),
      looked: () => memory.stored,
    },
    registers: qemuRegisters(source, notes),
    statistics: source.statistics,
    close: () => source.close(),
  };
}

/** Opens an ELF64 vmcore of any writer. @throws InspectError unsupported or corrupt */
export function openElf(source: ByteSource, parts: ElfParts): MemoryImage {
  const loads = parts.headers.filter((header) => header.p_type === PT_LOAD);
  const segments = loads.map((header) => segmentOf(header, source));
  return elfImage(source, parts, {
    format: 'ELF64 vmcore',
    live: false,
    segments,
    vmcoreinfo: vmcoreinfoNote(source, parts.notes),
    warnings: [...markWarnings(source, parts.incomplete, parts.notes), ...unplacedWarnings(segments)],
  });
}

/** The VMCOREINFO note, when there is one. */
export function vmcoreinfoNote(source: ByteSource, notes: readonly Note[]): VmcoreinfoText | null {
  const note = notes.find((n) => n.name === 'VMCOREINFO');
  if (!note) return null;
  return { text: noteText(source, note), source: `note at offset ${hex(note.offset)}` };
}

function unplacedWarnings(segments: readonly Segment[]): string[] {
  const unplaced = segments.filter((segment) => segment.physical === null).length;
  return unplaced === 0
    ? []
    : [`${unplaced} of ${segments.length} segments have no physical address below 2^52 and are not counted`];
}
