/** A Debian kernel to boot, and its peculiarities. */
export interface Kernel {
  /** The Debian suite that it comes from; also the name of its folder in the cache. */
  readonly suite: string;
  /** How `uname -r` starts. */
  readonly release: RegExp;
  readonly pagingLevels: 4 | 5;
  /** Which program writes the ELF header of /proc/vmcore: kexec-tools, or the kernel (kexec_file_load). */
  readonly kexecSystemCall: '--kexec-syscall' | '--kexec-file-syscall';
  /** The member of struct page whose bit 0 marks a tail page, as named in VMCOREINFO; renamed in 7.1. */
  readonly compoundKey: 'compound_head' | 'compound_info';
  /** Pages that the workload poisons; the cloud kernels of 5.10 and 6.1 have no CONFIG_MEMORY_FAILURE. */
  readonly poisonedPages: number;
  /**
   * Whether /proc/PID/status includes what CPUs have counted for a process but not yet added to it: since
   * 6.16 (82241a83cd15), which was backported to 6.12.
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

/** The kernel of a suite. @throws Error if there is none */
export function kernelOf(suite: string): Kernel {
  const kernel = kernels.find((one) => one.suite === suite);
  if (kernel === undefined) throw new Error(`no kernel of ${suite} is booted`);
  return kernel;
}

/** Pages that the balloon takes from a guest: offline pages, in makedumpfile's terms. */
export const balloonPages = 4096;
