import type { MemCgroup } from '../../kernel/objects/mem-cgroups.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { CHARGED_USES, type ChargedKind, type ChargedUse } from '../attribution/cgroup-tally.ts';
import type { CgroupSums } from './cgroup-sums.ts';

/** Memory that is charged to a cgroup: pages by use, and bytes of slab objects. */
export interface Charged {
  readonly pages: Record<ChargedKind | 'kernelStacks', number>;
  slabBytes: number;
}

/** A cgroup and the memory that its pages and objects charge to it. */
export interface CgroupUse extends MemCgroup {
  /** Without the cgroups below it. */
  readonly own: Charged;
  /** With those below it that charge it, too. */
  readonly all: Charged;
  /** Processes that are in this very cgroup; null if the tasks cannot be read. */
  readonly processes: number | null;
  /** The kernel's own sums, with those below it; null if they cannot be read. */
  readonly sums: CgroupSums | null;
}

export function nothing(): Charged {
  const kinds = [...CHARGED_USES, 'unmappedAnonymous', 'swapCachedAnonymous', 'kernelStacks'] as const;
  return { pages: Object.fromEntries(kinds.map((kind) => [kind, 0])) as Charged['pages'], slabBytes: 0 };
}

/** Bytes in all, slab objects among them. */
export function chargedBytes({ pages, slabBytes }: Charged): number {
  const used: readonly (ChargedUse | 'kernelStacks')[] = [...CHARGED_USES, 'kernelStacks'];
  return used.reduce((sum, use) => sum + pages[use], 0) * PAGE_SIZE + slabBytes;
}

export function addCharged(sum: Charged, more: Charged): void {
  for (const kind of Object.keys(sum.pages) as (keyof Charged['pages'])[])
    sum.pages[kind] += more.pages[kind];
  sum.slabBytes += more.slabBytes;
}
