import { builtKernels } from './built-kernels.ts';
import { debianKernels } from './debian-kernels.ts';

/**
 * What a kernel can be configured without, and what is then missing: BTF (DEBUG_INFO_BTF), modules, variables
 * in kallsyms (KALLSYMS_ALL), /proc/slabinfo (SLUB_DEBUG), addresses that differ from boot to boot
 * (DYNAMIC_MEMORY_LAYOUT and RANDOMIZE_BASE), one virtual array of all struct pages (SPARSEMEM_VMEMMAP), cgroups
 * that memory is charged to (MEMCG).
 */
export type Feature = 'types' | 'modules' | 'dataSymbols' | 'slabinfo' | 'random' | 'vmemmap' | 'cgroups';

/** A kernel to boot, where it comes from, and what cannot be seen from outside. */
export interface Kernel {
  /** How --kernels names it; also the name of its folder in the cache. */
  readonly name: string;
  /** The Debian suite with its package. */
  readonly suite: string;
  /** The package's name, as an extended regular expression: the newest that matches is taken. */
  readonly package: string;
  /** A file of configs/: the package has source, which is built so. */
  readonly config?: string;
  readonly pagingLevels: 4 | 5;
  /** NUMA nodes of its guest. */
  readonly nodes: 1 | 2;
  /** The kernel that saves its memory after the crash, if it cannot itself run at another address. */
  readonly capturedBy?: string;
  /** Where the memory controller is in a further guest of this kernel. All others have it in v2. */
  readonly otherCgroups?: 'v1' | 'disabled';
  /** The tests that need it do not exist for this kernel; others take their place. */
  readonly lacks: readonly Feature[];
}

export const kernels: readonly Kernel[] = [...debianKernels, ...builtKernels];

/** @throws Error if no kernel has this name */
export function kernelOf(name: string): Kernel {
  const kernel = kernels.find((one) => one.name === name);
  if (kernel === undefined)
    throw new Error(`no kernel "${name}"; there are: ${kernels.map((one) => one.name).join(' ')}`);
  return kernel;
}

export const has = (kernel: Kernel, feature: Feature): boolean => !kernel.lacks.includes(feature);

/** Whether the kernel's variables can be read: kallsyms has their addresses, and BTF their types. */
export const hasVariables = (kernel: Kernel): boolean => has(kernel, 'types') && has(kernel, 'dataSymbols');

/** Pages that the balloon takes from a guest: offline pages, in makedumpfile's terms. */
export const balloonPages = 4096;

/** Pages that the workload poisons, if the kernel has CONFIG_MEMORY_FAILURE. */
export const poisonedPages = 3;
