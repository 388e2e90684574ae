import type { CgroupUse } from '../pages/usage/charged.ts';
import type { FileUse } from '../pages/usage/files.ts';
import type { ProcessUse } from '../pages/usage/processes.ts';
import type { SlabUse } from '../pages/usage/slabs.ts';

/** By what a list of `usage` can be sorted: sizes and numbers from the largest, names from A. */
export const USAGE_SORTS = ['size', 'name', 'objects', 'active'] as const;

export type UsageSort = (typeof USAGE_SORTS)[number];

type Compare<T> = (a: T, b: T) => number;
/** Lists are made sorted by size, and a sort keeps the order of what is equal. */
type Orders<T> = Readonly<Partial<Record<UsageSort, Compare<T>>>>;

export const SLAB_ORDERS: Orders<SlabUse> = {
  name: (a, b) => byName(a.name, b.name),
  objects: (a, b) => descending(a.objects, b.objects),
  active: (a, b) => descending(activeOf(a), activeOf(b)),
};
export const FILE_ORDERS: Orders<FileUse> = {
  name: (a, b) => byName(a.file?.path ?? null, b.file?.path ?? null),
};
export const CGROUP_ORDERS: Orders<CgroupUse> = { name: (a, b) => byName(a.path, b.path) };
export const PROCESS_ORDERS: Orders<ProcessUse> = { name: (a, b) => byName(a.comm, b.comm) };

/** A list in another order than by size. */
export function sorted<T>(list: readonly T[], orders: Orders<T>, by: UsageSort): readonly T[] {
  const compare = orders[by];
  return compare ? [...list].sort(compare) : list;
}

/** What may be in use, if that is not known exactly. */
function activeOf({ active, activeRange }: SlabUse): number | null {
  return active ?? activeRange?.most ?? null;
}

/** What has no name, or no known number, is last. */
function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : a > b ? 1 : 0;
}

function descending(a: number | null, b: number | null): number {
  return (b ?? -1) - (a ?? -1);
}
