import type { ElfRecipe, SegmentRecipe } from './elf.ts';
import { packed } from './encode.ts';
import type { BuiltKernel } from './kernel.ts';
import { note, noteSegment, prstatus } from './notes.ts';

export const CR0_PAGING = 0x8005_0033n;
export const CR4_4_LEVELS = 0x0075_0eb0n;
export const CR4_LA57 = 1n << 12n;

/** The contents of QEMUCPUState (target/i386/arch_dump.c). */
export interface CpuState {
  readonly cr3: bigint;
  readonly cr0?: bigint;
  readonly cr4?: bigint;
  readonly version?: number;
  /** The structure's own size field. */
  readonly size?: number;
  /** Bytes of the note. */
  readonly bytes?: number;
}

/** The note that QEMU writes for a CPU. */
export function qemuNote({ cr3, cr0, cr4, version, size, bytes = 440 }: CpuState): Uint8Array {
  const state = packed(440, [
    [0, 4, version ?? 1],
    [4, 4, size ?? bytes],
    [392, 8, cr0 ?? CR0_PAGING],
    [400, 8, 0x1111_1111_1111_1111n],
    [408, 8, 0x2222_2222_2222_2222n],
    [416, 8, cr3],
    [424, 8, cr4 ?? CR4_4_LEVELS],
    [432, 8, 0x3333_3333_3333_3333n],
  ]);
  return note('QEMU', 0, state.subarray(0, bytes));
}

/** The dump that QEMU writes of a made-up kernel's machine, with addresses as without paging. */
export function qemuDump(built: BuiltKernel, cpus: readonly CpuState[]): ElfRecipe {
  const notes = noteSegment([...cpus.map(prstatus), ...cpus.map(qemuNote)]);
  return { segments: [notes, ...built.described.map(({ start, end }) => load(built, start, end))] };
}

function load(built: BuiltKernel, start: number, end: number): SegmentRecipe {
  const data = new Uint8Array(end - start);
  if (built.memory.read(start, data)) throw new Error('the memory has a hole');
  return { vaddr: BigInt(start), paddr: start, data };
}
