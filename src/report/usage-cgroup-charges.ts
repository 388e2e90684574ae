import { hex } from '../hex.ts';
import type { MemCgroups, MemoryController } from '../kernel/objects/mem-cgroups.ts';
import { PAGE_SIZE } from '../machine.ts';

/** A cgroup by its own counter; `usage --by cgroup` counts its pages. */
export interface CgroupCharge {
  /** null if it cannot be read. */
  readonly path: string | null;
  /** Virtual address of the mem_cgroup. */
  readonly address: string;
  readonly removed: boolean;
  /** memory.current in bytes, with the cgroups below it; null if it is impossible. */
  readonly current: number | null;
}

/** The cgroups in the overview of `usage`. */
export interface CgroupChargesSection {
  readonly controller: MemoryController;
  /** The root among them. */
  readonly count: number;
  readonly countExact: boolean;
  /** Without the root, to which nothing is charged. */
  readonly largest: readonly CgroupCharge[];
}

export function cgroupChargesSection(
  { controller, cgroups, whole }: MemCgroups,
  top: number,
): CgroupChargesSection {
  const below = cgroups.filter(({ parent }) => parent !== null);
  const sorted = below.sort((a, b) => b.usage - a.usage || ((a.path ?? '') < (b.path ?? '') ? -1 : 1));
  const largest = sorted.slice(0, top).map(({ path, address, online, usage }) => ({
    path,
    address: hex(address),
    removed: !online,
    current: usage * PAGE_SIZE,
  }));
  return { controller, count: cgroups.length, countExact: whole, largest };
}
