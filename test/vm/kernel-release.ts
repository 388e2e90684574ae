import { realpathSync } from 'node:fs';
import path from 'node:path';
import { kernelFile } from './cache.ts';
import type { Kernel } from './kernels.ts';

/** What `uname -r` prints: the name of the folder in which a kernel's modules are. */
export const releaseOf = (kernel: Kernel): string =>
  path.basename(realpathSync(kernelFile(kernel.name, 'modules')));

function isSince(kernel: Kernel, version: number, patchlevel: number): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(releaseOf(kernel)) ?? [];
  return Number(major) > version || (Number(major) === version && Number(minor) >= patchlevel);
}

/**
 * The member of struct page whose bit 0 marks a tail page, as named in VMCOREINFO. The tests of the note
 * confirm it; here it is asked before the guest runs.
 */
export const compoundKeyOf = (kernel: Kernel): 'compound_head' | 'compound_info' =>
  isSince(kernel, 7, 1) ? 'compound_info' : 'compound_head';

/** Whether CPUs add to the counters of cgroups in batches, and memory.stat does not ask for the rest (to 5.12). */
export const batchedCgroupCounters = (kernel: Kernel): boolean => !isSince(kernel, 5, 13);

/** Which program writes the ELF header of /proc/vmcore: kexec-tools, or the kernel (kexec_file_load). */
export const kexecSystemCallOf = (kernel: Kernel): '--kexec-syscall' | '--kexec-file-syscall' =>
  isSince(kernel, 6, 12) ? '--kexec-file-syscall' : '--kexec-syscall';

/**
 * Whether /proc/PID/status includes what CPUs have counted for a process but not yet added to it: since
 * 6.16 (82241a83cd15), which was backported to 6.12.
 */
export const statusHasCached = (kernel: Kernel): boolean => isSince(kernel, 6, 12);
