import { readFileSync } from 'node:fs';
import { latin1, u32At } from '../../bytes/words.ts';
import { hex } from '../../hex.ts';
import type { PhysicalMemory, VmcoreinfoText } from '../image/image.ts';

/** "physical-address size" in hex, since 2.6.24 (kernel/ksysfs.c) */
const SYSFS = '/sys/kernel/vmcoreinfo';
/**
 * The note is at most one page with its header, or two (VMCOREINFO_NOTE_SIZE, include/linux/crash_core.h).
 */
const SIZE_LIMIT = 16_384;

/**
 * VMCOREINFO of the running kernel if /proc/kcore has no such note (before 4.19, 23c85094fe18). Null if it
 * cannot be read; the caller then reports that there is none.
 */
export function sysfsVmcoreinfo(memory: PhysicalMemory): VmcoreinfoText | null {
  const where = /^([0-9a-f]+) ([0-9a-f]+)\s*$/.exec(readSysfs());
  if (!where) return null;
  const address = Number.parseInt(where[1] as string, 16);
  const size = Number.parseInt(where[2] as string, 16);
  if (size < 12 || size > SIZE_LIMIT) return null;
  const note = new Uint8Array(size);
  if (memory.read(address, note)) return null;
  const text = noteContents(note);
  return text === null ? null : { text, source: `${SYSFS}: note at physical address ${hex(address)}` };
}

function readSysfs(): string {
  try {
    return readFileSync(SYSFS, 'latin1');
  } catch {
    return '';
  }
}

/** The contents of one ELF note in memory (Elf64_Nhdr, name, contents); null if it is not a note. */
export function noteContents(note: Uint8Array): string | null {
  const start = 12 + Math.ceil(u32At(note, 0) / 4) * 4;
  const end = start + u32At(note, 4);
  return end <= note.length && start < end ? latin1(note.subarray(start, end)).replace(/\0+$/, '') : null;
}
