import type { ByteSource } from '../../bytes/source.ts';
import { struct, u32, u64 } from '../../bytes/struct.ts';
import type { CpuRegisters, Note } from './image.ts';
import { hasPaging } from './long-mode.ts';

/** The note's version, unchanged since QEMU 1.2 (QEMUCPUSTATE_VERSION, target/i386/arch_dump.c) */
const VERSION = 1;
/** Its size before kernel_gs_base was added at the end (QEMU 3.0) */
const SMALLEST = 432;

/** QEMUCPUState: version, size, 18 registers, 10 segments of 24 bytes, then cr[0] to cr[4] */
const cpuState = struct('QEMUCPUState', SMALLEST, {
  version: u32(0),
  size: u32(4),
  cr0: u64(392),
  cr3: u64(416),
  cr4: u64(424),
});

/**
 * The control registers of each CPU that has paging on, from the notes that QEMU writes into dumps of every
 * format. Notes of another version, and notes that the file cuts off, are ignored.
 */
export function qemuRegisters(source: ByteSource, notes: readonly Note[]): CpuRegisters[] {
  const bytes = new Uint8Array(cpuState.size);
  const registers: CpuRegisters[] = [];
  notes.filter(isCpuState).forEach(({ offset }, cpu) => {
    if (source.read(offset, bytes) < bytes.length) return;
    const { version, size, cr0, cr3, cr4 } = cpuState.decode(bytes);
    if (version === VERSION && size >= SMALLEST && hasPaging(cr0)) registers.push({ cpu, cr3, cr4 });
  });
  return registers;
}

function isCpuState({ name, type, size }: Note): boolean {
  return name === 'QEMU' && type === 0 && size >= SMALLEST;
}
