import { addMaps } from '../walk/add-maps.ts';
import { addCgroupCounts, type CgroupCounts } from './cgroup-tally.ts';
import { type OwnerCounts, OwnerTable } from './owner-table.ts';
import { type SlabObjectCounts, SlabObjects } from './slab-objects.ts';

/**
 * What a scan for uses has found in some part of memory: plain data that threads can hand over, and that adds
 * up. All are pages.
 */
export interface UseTally {
  /** By Use. */
  readonly uses: Float64Array;
  /** For each node and zone, as PlaceKeys numbers them, by Use and Trait; slabHeads are slabs. */
  readonly places: Float64Array;
  /** By owner: kmem_cache, or address_space. */
  readonly slabs: OwnerCounts;
  readonly slabObjects: SlabObjectCounts;
  readonly mappings: OwnerCounts;
  readonly hugetlb: OwnerCounts;
  /** Of unknown use, by reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** Whose struct page no page can have, or contradicts that of their compound's head. */
  readonly strays: number;
  /** null if cgroups were not asked for. */
  readonly cgroups: CgroupCounts | null;
}

/** The sum of two parts. */
export function addUseTallies(a: UseTally, b: UseTally): UseTally {
  const slabObjects = new SlabObjects(a.slabObjects);
  slabObjects.addAll(b.slabObjects);
  return {
    uses: a.uses.map((pages, use) => pages + (b.uses[use] as number)),
    places: a.places.map((pages, at) => pages + (b.places[at] as number)),
    slabs: addOwners(a.slabs, b.slabs),
    slabObjects: slabObjects.counts,
    mappings: addOwners(a.mappings, b.mappings),
    hugetlb: addOwners(a.hugetlb, b.hugetlb),
    failures: addMaps(a.failures, b.failures),
    strays: a.strays + b.strays,
    cgroups: a.cgroups && b.cgroups && addCgroupCounts(a.cgroups, b.cgroups),
  };
}

function addOwners(a: OwnerCounts, b: OwnerCounts): OwnerCounts {
  const both = OwnerTable.of(a);
  both.addAll(b);
  return both.counts;
}
