import { readSlabCaches, type SlabCache } from '../../kernel/objects/slab-caches.ts';
import type { TypedKernel } from '../../kernel/typed-kernel.ts';
import type { Attribution } from '../attribution.ts';
import { counted, type PageCount, UNKNOWN } from './page-count.ts';
import type { Problems } from './problems.ts';

/** A slab cache and the pages that the scan found in it. */
export interface SlabUse extends SlabCache {
  readonly found: PageCount;
}

/** All slab caches, the largest first. */
export interface SlabUses {
  readonly caches: readonly SlabUse[];
  /** Pages of slabs whose cache is not in the list of caches. */
  readonly unlisted: PageCount;
  /** Whether all of the list could be read. */
  readonly whole: boolean;
}

/** @throws InspectError as readSlabCaches does */
export function slabUses(
  typed: TypedKernel,
  { slabs, uses, exact }: Attribution,
  problems: Problems,
): SlabUses {
  const { caches, broken, unreadable } = readSlabCaches(typed);
  problems.broken('the list of slab caches', [broken, ...unreadable]);
  for (const cache of caches) problems.broken(`a partial list of slab cache ${cache.name}`, cache.broken);
  const whole = broken === null && unreadable.length === 0;
  const used = caches.map((cache) => ({ cache, pages: slabs.pagesOf(cache.address) }));
  used.sort(
    (a, b) =>
      b.pages - a.pages ||
      (b.cache.objects ?? 0) - (a.cache.objects ?? 0) ||
      compare(a.cache.name, b.cache.name),
  );
  const unlisted = uses.slab - used.reduce((sum, { pages }) => sum + pages, 0);
  return {
    caches: used.map(({ cache, pages }) => ({ ...cache, found: counted(pages, exact) })),
    unlisted: whole && exact ? { pages: unlisted } : UNKNOWN,
    whole,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
