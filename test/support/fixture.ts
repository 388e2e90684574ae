import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** The rows that makedumpfile counts, by the names in our JSON. */
export const COUNTED = [
  'zero',
  'nonPrivateCache',
  'privateCache',
  'user',
  'free',
  'hwpoison',
  'offline',
] as const;

/** The fixtures that keep the kernel's types and modules; in the others those pages are blank. */
export const TYPED = ['linux-5.10', 'linux-6.12-numa', 'linux-7.3-5level'] as const;

/** What is known about a fixture from makedumpfile and from the kernel that was dumped. */
export interface Expected {
  readonly kernel: string;
  readonly pageOffset: string;
  readonly physBase: number;
  readonly pagingLevels: 4 | 5;
  readonly kernelOffset: string;
  readonly symbols: Readonly<Record<string, string>>;
  readonly makedumpfile: Readonly<Record<(typeof COUNTED)[number] | 'remaining' | 'original', number>>;
  /** Different physical pages in the file's segments. */
  readonly distinctPagesInLoads: number;
  /** What is left of them without the rows above. */
  readonly kernelDataDistinct: number;
}

/** The unpacked dump of a fixture; test/support/global-setup.ts has unpacked it. */
export function dumpOf(name: string): string {
  return `${FOLDER}.cache/${name}.elf`;
}

export function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as Expected;
}

/**
 * The memory of a machine of 4608 MiB, with a hole from 3 to 4 GiB and the kernel image above it: what
 * makedumpfile left of it at level 30, without compression, because an ELF fixture of it would be too large.
 */
export const WITH_HOLE = { name: 'linux-6.12-hole', path: `${FOLDER}.cache/linux-6.12-hole.kdump` } as const;

/** The memory of kernels in configurations that distributions do not use, filtered and named in the same way. */
const configured = (name: string) => ({ name, path: `${FOLDER}.cache/${name}.kdump` });
/** SPARSEMEM_VMEMMAP=n, with two nodes; it keeps the kernel's types. */
export const OWN_MAPS = configured('linux-6.1-sparsemem');
/**
 * The memory of a guest with cgroups, from QEMU. Its JSON has what the guest said of them, and nothing of
 * makedumpfile.
 */
export const CGROUPS = {
  name: 'linux-6.12-cgroups',
  path: `${FOLDER}.cache/linux-6.12-cgroups.core`,
} as const;
/** SMP=n, NUMA=n, SLUB_TINY=y, without BTF. */
export const TINY = configured('linux-6.12-tiny');
