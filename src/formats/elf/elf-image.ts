import { type FileParts, partsHeld } from '../../bytes/parts-held.ts';
import { countOf, repeatable } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { PHYSICAL_LIMIT } from '../../machine.ts';
import { notedCpus } from '../image/cpu-notes.ts';
import { PIECES_LIMIT } from '../image/described.ts';
import { ExtentMemory } from '../image/extent-memory.ts';
import { type MemoryImage, MMIO, type Note, type Segment } from '../image/image.ts';
import { qemuRegisters } from '../image/qemu-notes.ts';
import { requireCore, requireKernel } from './elf-type.ts';
import { readElfHeader } from './header.ts';
import { isMarkedIncomplete, markWarnings } from './marks.ts';
import { readNotes } from './notes.ts';
import { type PlacedSegments, placeSegments } from './placed-segments.ts';
import { type ProgramHeader, type ProgramHeaders, PT_LOAD, readProgramHeaders } from './program-headers.ts';
import { isVirtualBox, virtualBoxRegisters } from './virtualbox.ts';
import { readVmcoreinfoNotes, type VmcoreinfoNotes, vmcoreinfoAmong } from './vmcoreinfo-notes.ts';
import { refuseXenCore } from './xen.ts';

/** What /proc/kcore writes for "no physical address" (fs/proc/kcore.c, since 4.11) */
export const NO_PADDR = 0xffff_ffff_ffff_ffffn;

/** The parts of an ELF file, before it is known whether it is live memory. */
export interface ElfParts {
  readonly headers: ProgramHeaders;
  readonly notes: readonly Note[];
  /** What was odd about the notes. */
  readonly noteWarnings: readonly string[];
  /** Whether the writer marked the file as incomplete. */
  readonly incomplete: boolean;
}

/** @throws InspectError unsupported or corrupt */
export function readElf(source: ByteSource): ElfParts {
  const header = readElfHeader(source);
  requireCore(source, header);
  refuseXenCore(source, header);
  const headers = readProgramHeaders(source, header);
  const { notes, warnings } = readNotes(source, headers);
  requireKernel(source, notes);
  return { headers, notes, noteWarnings: warnings, incomplete: isMarkedIncomplete(header) };
}

/** What a LOAD maps and where, in the terms of MemoryImage. `file` is null if it has no true size. */
export function segmentOf(header: ProgramHeader, file: FileParts | null): Segment {
  const { p_paddr, p_memsz, p_filesz, p_offset } = header;
  const size = p_memsz > p_filesz ? p_memsz : p_filesz;
  const physical = p_paddr !== NO_PADDR && p_paddr + size <= BigInt(PHYSICAL_LIMIT) ? Number(p_paddr) : null;
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

interface ImageTraits {
  readonly format: string;
  readonly live: boolean;
  readonly segments: Iterable<Segment>;
  readonly noted: VmcoreinfoNotes;
  readonly warnings: readonly string[];
  readonly flat?: boolean;
}

/**
 * The image of a file whose segments hold plain memory.
 * @throws InspectError corrupt, if it has more segments than any dump, or if they claim the same bytes of the
 * file
 */
export function elfImage(
  source: ByteSource,
  { notes, incomplete }: Pick<ElfParts, 'notes' | 'incomplete'>,
  { noted, ...traits }: ImageTraits,
): MemoryImage {
  const bytes = traits.live ? null : source.size;
  const placed = placeSegments(traits.segments);
  if (placed.tooMany) throw tooManyRuns(source, placed.count);
  const { extents, described, pages } = placed;
  const memory = new ExtentMemory(source, { extents, described, fileSize: bytes, incomplete });
  return {
    ...noted,
    ...traits,
    warnings: [...traits.warnings, ...noted.warnings, ...(traits.live ? [] : unplacedWarnings(placed))],
    path: source.path,
    bytes,
    memory,
    notes,
    makedumpfile: {
      originalPages: pages,
      looked: () => memory.stored,
    },
    registers: [...qemuRegisters(source, notes), ...virtualBoxRegisters(source, notes)],
    get notedCpus() {
      return notedCpus(source, notes);
    },
    indexBytes: memory.indexBytes,
    statistics: source.statistics,
    close: () => source.close(),
  };
}

/** Opens an ELF64 vmcore of any writer. @throws InspectError unsupported or corrupt */
export function openElf(source: ByteSource, parts: ElfParts): MemoryImage {
  const loads = () => loadsOf(source, parts.headers);
  const flat = isVirtualBox(parts.notes);
  const segments = repeatable(flat ? () => withDevices(loads()) : loads);
  return elfImage(source, parts, {
    flat,
    format: 'ELF64 vmcore',
    live: false,
    segments,
    noted: readVmcoreinfoNotes(source, vmcoreinfoAmong(parts.notes)),
    warnings: [...parts.noteWarnings, ...markWarnings(source, parts.incomplete, parts.notes)],
  });
}

function* loadsOf(source: ByteSource, headers: ProgramHeaders): Generator<Segment> {
  for (const header of headers.ofType(PT_LOAD)) yield segmentOf(header, source);
}

/** VirtualBox's LOADs without contents are MMIO: the devices there have no memory that could be left out. */
function* withDevices(loads: Iterable<Segment>): Generator<Segment> {
  for (const load of loads) yield load.fileSize === 0n ? { ...load, type: MMIO } : load;
}

function unplacedWarnings({ unplaced, count }: PlacedSegments): string[] {
  return unplaced === 0
    ? []
    : [`${unplaced} of ${count} segments have no physical address below 2^52 and are not counted`];
}

function tooManyRuns({ path }: ByteSource, count: number): InspectError {
  const what = `its first ${count} segments lie in more than ${PIECES_LIMIT} separate ranges of memory, which no dump has`;
  return new InspectError('corrupt', `${path}: ELF: ${what}`, { path });
}
