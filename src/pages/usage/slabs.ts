import type { Check } from '../../kernel/evidence/check.ts';
import { isCut } from '../../kernel/objects/list.ts';
import type { Bounds } from '../../kernel/slabs/free-objects.ts';
import { activeByLists, readSlabCaches, type SlabCache } from '../../kernel/slabs/slab-caches.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { Attribution } from '../attribution/attribution.ts';
import { counted, type PageCount, UNKNOWN_COUNT } from './page-count.ts';
import type { Problems } from './problems.ts';
import { slabChecks, waitingSlabs } from './slab-checks.ts';
import { activeBySlabs, type SlabWitness, type WitnessedCache, witnessOf } from './slab-witness.ts';

/** A slab cache and what is in it. */
export interface SlabUse extends Omit<SlabCache, 'free' | 'broken'> {
  /** Pages that the walk found. */
  readonly found: PageCount;
  /** Objects in use; null where that is not known. */
  readonly active: number | null;
  /**
   * The least and the most that `active` can be, where it is not known; null where it is, and where nothing
   * is known.
   */
  readonly activeRange: Bounds | null;
  /** Free objects that CPUs and barns hold, which /proc/slabinfo counts as active; null where not known. */
  readonly cached: number | null;
}

/** All slab caches, the largest first. */
export interface SlabUses {
  readonly caches: readonly SlabUse[];
  /** Pages of slabs whose cache is not in the list of caches. */
  readonly unlisted: PageCount;
  /** Whether all of the list could be read. */
  readonly whole: boolean;
  /** Slabs that have left all lists and counters, and wait for RCU. */
  readonly waiting: number;
  /** The counters and lists of the caches against their slabs. */
  readonly checks: readonly Check[];
}

/** @throws InspectError as readSlabCaches does */
export function slabUses(typed: TypedKernel, attribution: Attribution, problems: Problems): SlabUses {
  const { uses, exact } = attribution;
  const { caches, broken, unreadable } = readSlabCaches(typed);
  problems.broken('the list of slab caches', [broken, ...unreadable]);
  for (const { name, otherName, broken: breaks } of caches) {
    problems.broken(`slab cache ${name}`, breaks);
    if (otherName !== undefined)
      problems.wrong(`slab cache ${name} is called ${otherName} in sysfs (kobj.name)`);
  }
  const whole = !isCut(broken) && unreadable.length === 0;
  const found = caches.map((cache) => witnessed(cache, attribution, typed.space.live));
  found.sort(bySize);
  const unlisted = uses.slab - found.reduce((sum, { pages }) => sum + pages, 0);
  return {
    caches: found.map((one) => useOf(one, exact)),
    unlisted: whole && exact ? { pages: unlisted } : UNKNOWN_COUNT,
    whole,
    waiting: found.reduce((sum, one) => sum + waitingSlabs(one), 0),
    checks: slabChecks(found, whole),
  };
}

function witnessed(cache: SlabCache, attribution: Attribution, live: boolean): WitnessedCache {
  const { slabs, slabObjects, exact } = attribution;
  const pages = slabs.pagesOf(cache.address);
  const told = exact && !live && slabs.dropped === 0;
  return { cache, pages, witness: told ? witnessOf(slabObjects, cache.address, pages) : null };
}

function useOf({ cache, pages, witness }: WitnessedCache, exact: boolean): SlabUse {
  const { free, broken, ...own } = cache;
  const active = activeOf(cache, witness);
  const known = active !== null && active.least === active.most;
  const cached = [free.onCpus, free.held];
  return {
    ...own,
    found: counted(pages, exact),
    active: known ? active.least : null,
    activeRange: known ? null : active,
    cached: cached.every(isExact) ? cached.reduce((sum, { most }) => sum + most, 0) : null,
  };
}

const isExact = ({ least, most }: Bounds) => least === most;

/** By both witnesses: what both allow, or where they contradict each other, what either allows. */
function activeOf(cache: SlabCache, witness: SlabWitness | null): Bounds | null {
  const lists = activeByLists(cache);
  const slabs = witness && activeBySlabs(witness, cache);
  if (lists === null || slabs === null) return lists ?? slabs;
  const least = Math.max(lists.least, slabs.least);
  const most = Math.min(lists.most, slabs.most);
  if (least <= most) return { least, most };
  return { least: Math.min(lists.least, slabs.least), most: Math.max(lists.most, slabs.most) };
}

function bySize(a: WitnessedCache, b: WitnessedCache): number {
  const objects = (b.cache.objects ?? 0) - (a.cache.objects ?? 0);
  return b.pages - a.pages || objects || compare(a.cache.name, b.cache.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
