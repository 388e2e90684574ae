import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { START_KERNEL_MAP } from '../../machine.ts';
import type { Note } from '../image/image.ts';
import { type ElfHeader, ET_CORE, unsupported } from './header.ts';
import { readProgramHeaders } from './program-headers.ts';
import { xenHost } from './xen.ts';

const ET_EXEC = 2;
const TYPES: Record<number, string> = { 1: 'relocatable object', 2: 'executable', 3: 'shared object' };
/** The auxiliary vector of include/uapi/linux/elf.h: a process has one, a kernel does not. */
const NT_AUXV = 6;

/** @throws InspectError unsupported, naming what the file is if it is not a core file */
export function requireCore(source: ByteSource, header: ElfHeader): void {
  if (header.e_type === ET_CORE) return;
  if (isKernelImage(source, header)) {
    const what = 'a kernel image (vmlinux), not a dump: it does not hold the memory of a machine';
    throw unsupported(source.path, what, 'give the vmcore instead; no vmlinux is needed');
  }
  const type = TYPES[header.e_type] ?? `file of type ${header.e_type}`;
  const hint = "give the vmcore, which holds the kernel's memory; no program or module is needed";
  throw unsupported(source.path, `an ELF ${type}, not a core file (ET_CORE)`, hint);
}

/** Whether it is an executable that is loaded where kernels are. */
function isKernelImage(source: ByteSource, header: ElfHeader): boolean {
  if (header.e_type !== ET_EXEC) return false;
  try {
    for (const { p_vaddr } of readProgramHeaders(source, header))
      if (p_vaddr >= START_KERNEL_MAP) return true;
    return false;
  } catch (error) {
    if (error instanceof InspectError) return false;
    throw error;
  }
}

/** @throws InspectError unsupported, if the notes are not from a Linux kernel's memory */
export function requireKernel(source: ByteSource, notes: readonly Note[]): void {
  if (notes.some(({ name }) => name === 'Xen' || name === 'VMCOREINFO_XEN')) throw xenHost(source.path);
  if (notes.some(({ name, type }) => name === 'CORE' && type === NT_AUXV)) {
    const what = 'the core dump of a process, not of a kernel';
    throw unsupported(source.path, what, 'a debugger reads it: gdb PROGRAM FILE');
  }
}
