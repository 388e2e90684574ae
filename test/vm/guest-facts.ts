import type { KernelSymbol } from './questions.ts';

/** Addresses from /proc/kallsyms: "ffffffff99720910 D page_offset_base". */
export function addressIn(kallsyms: string, symbol: KernelSymbol): bigint {
  const address = new RegExp(`^([0-9a-f]+) . ${symbol}$`, 'm').exec(kallsyms)?.[1];
  if (address === undefined) throw new Error(`/proc/kallsyms has no ${symbol}:\n${kallsyms}`);
  return BigInt(`0x${address}`);
}

/** A line of /proc/meminfo, in pages; 0 if this kernel does not have it. */
export const pagesInMeminfo = (meminfo: string, name: string): number =>
  Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) / 4;

/** The free pages of all zones, as the kernel counts them in /proc/zoneinfo. */
export const freePagesIn = (zoneinfo: string): number =>
  [...zoneinfo.matchAll(/^ +nr_free_pages +(\d+)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
