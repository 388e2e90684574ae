import type { Range } from '../../bytes/ranges.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { requireKeys } from '../classify/required-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { type WalkOptions, walkSpans } from '../threads/walk-spans.ts';
import { spansOf } from '../walk/spans.ts';
import { type CgroupKeys, cgroupKeys } from './cgroup-keys.ts';
import { addCgroupCounts, type CgroupCounts } from './cgroup-tally.ts';
import { useKeys } from './choose-keys.ts';
import { OwnerTable } from './owner-table.ts';
import { placeBits } from './page-places.ts';
import { type PageTrait, type PageUse, PLACE_COUNTS, TRAITS, USES } from './page-uses.ts';
import { SlabObjects } from './slab-objects.ts';
import type { UseKeys } from './use-keys.ts';
import { type UseQuestion, UseScan } from './use-scan.ts';
import { addUseTallies, type UseTally } from './use-tally.ts';

/** Who holds the memory, by its struct pages. All figures are pages. */
export interface Attribution {
  /** Every physical page of the dump, once. */
  readonly total: number;
  readonly uses: Readonly<Record<PageUse, number>>;
  /** Pages of KFENCE's pool that came from the page allocator; 0 for a pool that was made at boot. */
  readonly kfenceManaged?: number;
  /** The same by node and zone, as the struct pages name them. Places without pages are left out. */
  readonly places: readonly PlaceUses[];
  /** By address of the kmem_cache. */
  readonly slabs: OwnerTable;
  /** The objects in slabs, by address of the kmem_cache. */
  readonly slabObjects: SlabObjects;
  /** By address of the address_space: files and shmem. */
  readonly mappings: OwnerTable;
  /** The same for the huge pages of hugetlbfs files. */
  readonly hugetlb: OwnerTable;
  /** Pages of unknown use, because their struct page or that of their head cannot be read; by reason. */
  readonly unreadable: ReadonlyMap<string, number>;
  /** Whether the use of all pages is known. If not, all other figures are least values. */
  readonly exact: boolean;
  /**
   * Pages whose struct page no page can have, or contradicts that of their compound's head; 0 where heads may
   * be lost.
   */
  readonly strays: number;
  /** By cgroup; null or absent if that was not asked for, and for a kernel whose struct pages do not tell. */
  readonly cgroups?: CgroupCounts | null;
}

/** The pages of one zone of a node. */
export interface PlaceUses {
  readonly node: number;
  /** Its index in pglist_data.node_zones. */
  readonly zone: number;
  /** Pages; slabs for slabHeads. */
  readonly counts: Readonly<Record<PageUse | PageTrait, number>>;
}

/**
 * Says what each page is used for and whose it is.
 * @param kfence the pfns of KFENCE's pool
 * @param byCgroup whether to count by cgroup, too
 * @throws InspectError missingInfo or corrupt, when the memory map itself or the types cannot be read; as
 * walkSpans
 */
export async function attributePages(
  typed: TypedKernel,
  kfence: Range | null,
  options: WalkOptions,
  byCgroup = false,
): Promise<Attribution> {
  const { kernel } = typed;
  requireKeys(kernel);
  requireTrustedMemory(kernel);
  const keys = useKeys(typed);
  const cgroups = byCgroup ? cgroupKeys(typed) : null;
  const { pages, tally } = await walkSpans(kernel, spansOf(kernel.image.memory, kfence), {
    scan: new UseScan(kernel, keys, kfence, cgroups),
    question: { kind: 'uses', keys, except: kfence, cgroups } satisfies UseQuestion,
    add: addUseTallies,
    options,
  });
  const others = attributionOf(typed, pages, tally);
  if (kfence === null) return others;
  const pool = kernel.image.memory.described(kfence.start * PAGE_SIZE, kfence.end * PAGE_SIZE);
  return withKfence(others, usesIn(typed, pfnRanges(pool), keys, cgroups));
}

/**
 * The pages of KFENCE's pool are a use of their own. Those with objects look like slabs, the others like
 * reserved pages.
 */
function withKfence(others: Attribution, pool: RangeUses): Attribution {
  return {
    ...others,
    total: others.total + pool.total,
    uses: { ...others.uses, kfence: pool.total },
    cgroups: others.cgroups && pool.cgroups ? addCgroupCounts(others.cgroups, pool.cgroups) : null,
    kfenceManaged: pool.uses.reserved > 0 ? 0 : pool.total,
    unreadable: new Map([...pool.unreadable, ...others.unreadable]),
    exact: others.exact && pool.exact,
  };
}

/** What the pages of some ranges are used for. */
export type RangeUses = Pick<Attribution, 'total' | 'uses' | 'unreadable' | 'exact' | 'cgroups'>;

/** The uses of ascending ranges of pfns, counted by this thread alone. */
export function usesIn(
  typed: TypedKernel,
  ranges: Iterable<Range>,
  keys: UseKeys,
  cgroups: CgroupKeys | null = null,
): RangeUses {
  const scan = new UseScan(typed.kernel, keys, null, cgroups);
  let total = 0;
  scan.runs(runsOf(ranges), (pages) => {
    total += pages;
  });
  return usesOf(total, scan.tally);
}

function usesOf(total: number, { uses, failures, cgroups }: UseTally): RangeUses {
  return { total, uses: named(USES, uses), unreadable: failures, exact: failures.size === 0, cgroups };
}

function attributionOf(typed: TypedKernel, total: number, tally: UseTally): Attribution {
  const found = usesOf(total, tally);
  return {
    ...found,
    places: placesOf(tally, typed.hasNoTypes ? 0 : placeBits(typed).zone),
    slabs: OwnerTable.of(tally.slabs),
    slabObjects: new SlabObjects(tally.slabObjects),
    mappings: OwnerTable.of(tally.mappings),
    hugetlb: OwnerTable.of(tally.hugetlb),
    strays: found.exact ? tally.strays : 0,
  };
}

/** @param zoneBits how many bits of a place's number are the zone. Those above are the node. */
function placesOf({ places }: UseTally, zoneBits: number): PlaceUses[] {
  const used = new Set<number>();
  // Kernels of distributions allow for 4,096 places, and few of them have pages.
  for (let at = 0; at < places.length; at++) if (places[at] !== 0) used.add(Math.floor(at / PLACE_COUNTS));
  return [...used].map((place) => {
    const counts = places.subarray(place * PLACE_COUNTS, (place + 1) * PLACE_COUNTS);
    const node = Math.floor(place / 2 ** zoneBits);
    return { node, zone: place % 2 ** zoneBits, counts: named([...USES, ...TRAITS], counts) };
  });
}

function named<const N extends string>(names: readonly N[], counts: Float64Array): Record<N, number> {
  return Object.fromEntries(names.map((name, i) => [name, counts[i] as number])) as Record<N, number>;
}
