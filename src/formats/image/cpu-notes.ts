import type { ByteSource } from '../../bytes/source.ts';
import type { Note } from './image.ts';

/** include/uapi/linux/elf.h */
const NT_PRSTATUS = 1;
/** struct elf_prstatus of x86_64; no writer has a longer one. */
const SIZE = 336;

/**
 * How many CPUs the writer of a dump noted: each has a note with its registers. A note of zeros is none:
 * vm2core writes some, whatever the machine had, and /proc/kcore has one.
 */
export function notedCpus(source: ByteSource, notes: readonly Note[]): number {
  const bytes = new Uint8Array(SIZE);
  return notes.filter(({ name, type, offset, size }) => {
    if (name !== 'CORE' || type !== NT_PRSTATUS) return false;
    const held = bytes.subarray(0, Math.min(size, SIZE));
    return held.subarray(0, source.read(offset, held)).some((byte) => byte !== 0);
  }).length;
}
