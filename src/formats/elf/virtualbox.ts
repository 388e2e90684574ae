import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import type { CpuRegisters, Note } from '../image/image.ts';
import { mayBeInLongMode } from '../image/long-mode.ts';

/*
 * What is different about the core files of VirtualBox's `debugvm dumpvmcore` (DBGFCoreWrite.cpp,
 * include/VBox/vmm/dbgfcorefmt.h of VirtualBox 7.0).
 */

/** NT_VBOXCORE and NT_VBOXCPU */
const CORE = { name: 'VBCORE', type: 0xb00 };
const CPU = { name: 'VBCPU', type: 0xb01 };
/** DBGFCORE_MAGIC */
const MAGIC = 0xc01a_c0de;
/** The first version whose CPU notes are DBGFCORECPU; before, they were VirtualBox's own CPU context. */
const FIRST_VERSION = 0x1_0001;
const LAST_VERSION = 0x1_ffff;

const descriptor = struct('DBGFCOREDESCRIPTOR', 24, { magic: u32(0), version: u32(4) });
/** DBGFCORECPU begins with 18 registers of 8 bytes and 6 segments of 24, as in every version so far. */
const cpuState = struct('DBGFCORECPU', 320, { cr0: u64(288), cr3: u64(304), cr4: u64(312) });

/** Whether VirtualBox wrote a core file with these notes. */
export function isVirtualBox(notes: readonly Note[]): boolean {
  return notes.some((note) => isNote(note, CORE));
}

/** The control registers of each CPU in long mode. Notes that the file cuts off are ignored. */
export function virtualBoxRegisters(source: ByteSource, notes: readonly Note[]): CpuRegisters[] {
  if (!hasKnownVersion(source, notes)) return [];
  return notes
    .filter((note) => isNote(note, CPU))
    .flatMap((note, cpu) => {
      const bytes = contentsOf(source, note, cpuState.size);
      if (!bytes) return [];
      const { cr0, cr3, cr4 } = cpuState.decode(bytes);
      return mayBeInLongMode(cr0, cr4) ? [{ cpu, cr3, cr4 }] : [];
    });
}

function hasKnownVersion(source: ByteSource, notes: readonly Note[]): boolean {
  const note = notes.find((one) => isNote(one, CORE));
  const bytes = note && contentsOf(source, note, descriptor.size);
  if (!bytes) return false;
  const { magic, version } = descriptor.decode(bytes);
  return magic === MAGIC && version >= FIRST_VERSION && version <= LAST_VERSION;
}

/** The first bytes of a note; undefined if it is shorter, or the file ends inside them. */
function contentsOf(source: ByteSource, { offset, size }: Note, length: number): Uint8Array | undefined {
  if (size < length) return undefined;
  const bytes = new Uint8Array(length);
  return source.read(offset, bytes) === length ? bytes : undefined;
}

function isNote({ name, type }: Note, wanted: { readonly name: string; readonly type: number }): boolean {
  return name === wanted.name && type === wanted.type;
}
