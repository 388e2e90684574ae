import { readFileSync } from 'node:fs';
import { kernelFile } from './cache.ts';
import { has, type Kernel, poisonedPages } from './kernels.ts';
import type { KernelSymbol } from './questions.ts';

/** Addresses from /proc/kallsyms: "ffffffff99720910 D page_offset_base". */
function addressIn(kallsyms: string, symbol: KernelSymbol): bigint {
  const address = new RegExp(`^([0-9a-f]+) . ${symbol}$`, 'm').exec(kallsyms)?.[1];
  if (address === undefined) throw new Error(`/proc/kallsyms has no ${symbol}:\n${kallsyms}`);
  return BigInt(`0x${address}`);
}

/**
 * The same for any kernel of the suite: where /proc/kallsyms has no variables, the linker's list has them,
 * because no such kernel of the suite runs anywhere else than where it was linked to.
 */
export const addressOf = (kernel: Kernel, kallsyms: string, symbol: KernelSymbol): bigint =>
  addressIn(
    has(kernel, 'dataSymbols') ? kallsyms : readFileSync(kernelFile(kernel.name, 'System.map'), 'latin1'),
    symbol,
  );

/** A line of /proc/meminfo, in pages; 0 if this kernel does not have it. */
export const pagesInMeminfo = (meminfo: string, name: string): number =>
  Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) / 4;

/**
 * The pages that the workload poisoned: all that it was told, if the kernel can poison pages
 * (CONFIG_MEMORY_FAILURE), which the line in /proc/meminfo shows.
 */
export const poisonedPagesIn = (meminfo: string): number =>
  /^HardwareCorrupted:/m.test(meminfo) ? poisonedPages : 0;

/** The free pages of all zones, as the kernel counts them in /proc/zoneinfo. */
export const freePagesIn = (zoneinfo: string): number =>
  [...zoneinfo.matchAll(/^ +nr_free_pages +(\d+)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
