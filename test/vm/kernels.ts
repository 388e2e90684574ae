/** A Debian kernel to boot, and what is particular to it. */
export interface Kernel {
  /** The Debian suite that it comes from; also the name of its folder in the cache. */
  readonly suite: string;
  /** How `uname -r` begins. */
  readonly release: RegExp;
  readonly pagingLevels: 4 | 5;
  /** Who writes the ELF header of /proc/vmcore: kexec-tools, or the kernel (kexec_file_load). */
  readonly kexecSystemCall: '--kexec-syscall' | '--kexec-file-syscall';
  /** The member of struct page whose bit 0 marks a tail page, as VMCOREINFO names it: renamed in 7.1. */
  readonly compoundKey: 'compound_head' | 'compound_info';
  /** Pages that the workload poisons: 5.10's and 6.1's cloud kernels have no CONFIG_MEMORY_FAILURE. */
  readonly poisonedPages: number;
  /**
   * Whether /proc/PID/status has what CPUs have counted of a process and not yet added to it: since 6.16 (82241a83cd15), which went
   * into 6.12, too.
   */
  readonly statusHasCached: boolean;
}

export const kernels: readonly Kernel[] = [
  {
    suite: 'bullseye',
    release: /^5\.10\./,
    pagingLevels: 4,
    kexecSystemCall: '--kexec-syscall',
    compoundKey: 'compound_head',
    poisonedPages: 0,
    statusHasCached: false,
  },
  {
    suite: 'bookworm',
    release: /^6\.1\./,
    pagingLevels: 4,
    kexecSystemCall: '--kexec-syscall',
    compoundKey: 'compound_head',
    poisonedPages: 0,
    statusHasCached: false,
  },
  {
    suite: 'trixie',
    release: /^6\.12\./,
    pagingLevels: 4,
    kexecSystemCall: '--kexec-file-syscall',
    compoundKey: 'compound_head',
    poisonedPages: 3,
    statusHasCached: true,
  },
  {
    suite: 'trixie-backports',
    release: /^7\./,
    pagingLevels: 5,
    kexecSystemCall: '--kexec-file-syscall',
    compoundKey: 'compound_info',
    poisonedPages: 3,
    statusHasCached: true,
  },
];

/** The kernel of a suite. @throws Error where there is none */
export function kernelOf(suite: string): Kernel {
  const kernel = kernels.find((one) => one.suite === suite);
  if (kernel === undefined) throw new Error(`no kernel of ${suite} is booted`);
  return kernel;
}

/** Pages that the balloon takes from a guest: offline pages, in makedumpfile's words. */
export const balloonPages = 4096;
