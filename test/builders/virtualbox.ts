import type { ByteSource } from '../../src/bytes/source.ts';
import type { Segment } from '../../src/formats/image/image.ts';
import { ramParts } from './containers.ts';
import { elfBytes, type SegmentRecipe } from './elf.ts';
import { packed } from './encode.ts';
import { note, noteSegment } from './notes.ts';
import { PartsSource } from './parts-source.ts';
import { type CpuState, CR0_PAGING, CR4_4_LEVELS } from './qemu-dump.ts';

/** The size of DBGFCORECPU in VirtualBox 7.0, rounded up: the registers, then X86XSAVEAREA. */
const CPU_BYTES = 0x2300;
const PAGE = 4096;
/** Enough for the headers and the notes of a few CPUs. */
const HEAD = 0x1_0000;

/** DBGFCOREDESCRIPTOR as VirtualBox 7.0.20 writes it. */
export function vbcore({ magic = 0xc01a_c0de, version = 0x1_0006 } = {}): Uint8Array {
  const fields = [magic, version, 24, 0x0700_0014, 166_999, 1];
  return vboxNote(
    'VBCORE',
    0xb00,
    packed(
      24,
      fields.map((value, i) => [4 * i, 4, value] as const),
    ),
  );
}

/** DBGFCORECPU: 18 registers of 8 bytes, 6 segments of 24, then cr0, cr2, cr3, cr4. */
export function vbcpu({ cr3, cr0 = CR0_PAGING, cr4 = CR4_4_LEVELS, bytes }: CpuState): Uint8Array {
  const state = packed(CPU_BYTES, [
    [288, 8, cr0],
    [296, 8, 0x2222_2222_2222_2222n],
    [304, 8, cr3],
    [312, 8, cr4],
  ]);
  return vboxNote('VBCPU', 0xb01, state.subarray(0, bytes));
}

/** Elf64WriteNoteHdr of DBGFCoreWrite.cpp: n_namesz leaves out the NUL, and the name is padded to 8 bytes. */
function vboxNote(name: string, type: number, contents: Uint8Array): Uint8Array {
  return note(name, type, contents, { namesz: name.length });
}

/** Devices, whose LOADs have no contents. */
export const DEVICES: readonly SegmentRecipe[] = [
  { paddr: 0xf000_0000, filesz: 0, memsz: 0x2_0000 },
  { paddr: 0xf040_0000, filesz: 0, memsz: 0x40_0000 },
  { paddr: 0xfec0_0000, filesz: 0, memsz: PAGE },
  { paddr: 0xfee0_0000, filesz: 0, memsz: PAGE },
];
/** The pages of the BIOS at the end of the first 4 GiB. */
export const BIOS_PAGES = 16;

/** The core that VirtualBox writes of a machine with that memory: all RAM from 0 on, holes in it as zeros. */
export function asVirtualBox(
  file: ByteSource,
  segments: readonly Segment[],
  cpus: readonly CpuState[],
): PartsSource {
  const ram = ramParts(file, segments);
  const rom = { paddr: 2 ** 32 - BIOS_PAGES * PAGE, filesz: BIOS_PAGES * PAGE };
  const loads = [{ paddr: 0, filesz: ram.size }, ...DEVICES, rom];
  const offsets = loads.map(({ filesz = 0 }, i) => ({
    ...loads[i],
    filesz,
    offset: HEAD + loads.slice(0, i).reduce((sum, load) => sum + Number(load.filesz), 0),
  }));
  const notes = noteSegment([vbcore(), ...cpus.map(vbcpu)], { offset: PAGE });
  const head = elfBytes({ segments: [notes, ...offsets] });
  const parts = [head, { zeros: HEAD - head.length }, ...ram.parts, { zeros: rom.filesz }];
  return new PartsSource(parts, `${file.path} as VirtualBox writes it`);
}
