import { anew, countOf, outsideOf, type Range } from '../../bytes/ranges.ts';
import type { OnProgress } from '../../bytes/work.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pfnRanges } from '../census/zero-pages.ts';
import { requireKeys } from '../classify/required-keys.ts';
import { isDevicePage } from '../struct-pages/device-pages.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { NO_COVER, type Tally, tallyRun } from './attribution-loop.ts';
import { OwnerTable } from './owner-table.ts';
import { placeBits } from './page-places.ts';
import { type PageTrait, type PageUse, PLACE_COUNTS, TRAITS, USES, Use } from './page-uses.ts';
import { SlabTally } from './slab-tally.ts';
import { type UseKeys, useKeys } from './use-keys.ts';

/** What the struct pages say of who holds the memory. All figures are pages. */
export interface Attribution {
  /** Every physical page of the dump, once. */
  readonly total: number;
  readonly uses: Readonly<Record<PageUse, number>>;
  /** Pages of KFENCE's pool that the page allocator gave; none of a pool that was made at boot. */
  readonly kfenceManaged?: number;
  /** The same by node and zone, as the struct pages say them; those without any page are left out. */
  readonly places: readonly PlaceUses[];
  /** By address of the kmem_cache. */
  readonly slabs: OwnerTable;
  /** The objects in slabs, by the same. */
  readonly slabObjects: SlabTally;
  /** By address of the address_space: files and shmem. */
  readonly mappings: OwnerTable;
  /** The same for the huge pages of hugetlbfs files. */
  readonly hugetlb: OwnerTable;
  /** Pages whose struct page cannot be read, by reason. */
  readonly unreadable: ReadonlyMap<string, number>;
  /**
   * Whether all struct pages could be read. Where not, the uses are those of pages that say it themselves or whose head
   * does, and those of `kernel` may be of any use: pages behind a head that is lost look like them.
   */
  readonly exact: boolean;
  /** Pages whose struct page no page can have, or contradicts that of their compound's head; 0 where heads may be lost. */
  readonly strays: number;
}

/** The pages of one zone of a node. */
export interface PlaceUses {
  readonly node: number;
  /** Its index in pglist_data.node_zones. */
  readonly zone: number;
  /** Pages; slabs for slabHeads. */
  readonly counts: Readonly<Record<PageUse | PageTrait, number>>;
}

/** Goes through the struct pages of all pages that a dump describes, in their order. */
class Scan {
  readonly #zoneBits: number;
  readonly tally: Tally;
  readonly structPages: StructPages;
  readonly failures = new Map<string, number>();
  readonly #keys: UseKeys;

  constructor(typed: TypedKernel) {
    this.structPages = new StructPages(typed.kernel);
    this.#keys = useKeys(typed);
    this.tally = {
      uses: new Float64Array(USES.length),
      places: new Float64Array(PLACE_COUNTS * (this.#keys.place.mask + 1)),
      slabs: new OwnerTable(),
      slabObjects: new SlabTally(),
      mappings: new OwnerTable(),
      hugetlb: new OwnerTable(),
      cover: { ...NO_COVER },
    };
    this.#zoneBits = placeBits(typed).zone;
  }

  run(pfn: number, count: number): void {
    if (this.structPages.isOffline(pfn)) {
      this.#offline(pfn, count);
      return;
    }
    const read = this.structPages.readRun(pfn, count);
    if (read.absent) {
      this.#add(Use.noStructPage, count);
      return;
    }
    let at = pfn;
    for (const gap of read.unreadable) {
      if (gap.start > at) this.#part(pfn, { start: at, end: gap.start });
      this.#add(Use.unreadable, gap.end - gap.start);
      this.failures.set(gap.reason, (this.failures.get(gap.reason) ?? 0) + gap.end - gap.start);
      at = gap.end;
    }
    if (at < pfn + count) this.#part(pfn, { start: at, end: pfn + count });
  }

  get places(): PlaceUses[] {
    const { places, cover } = this.tally;
    const used = new Set<number>();
    // Kernels of distributions allow 4,096 places, of which few have pages.
    const end = cover.lastPlace + PLACE_COUNTS;
    for (let at = 0; at < end; at++) if (places[at] !== 0) used.add(Math.floor(at / PLACE_COUNTS));
    return [...used].map((place) => {
      const counts = places.subarray(place * PLACE_COUNTS, (place + 1) * PLACE_COUNTS);
      const node = Math.floor(place / 2 ** this.#zoneBits);
      return { node, zone: place % 2 ** this.#zoneBits, counts: named([...USES, ...TRAITS], counts) };
    });
  }

  /** Pages of a section that is not online: their struct pages may be garbage, but for those of a device. */
  #offline(pfn: number, count: number): void {
    let devices = 0;
    if (this.#keys.device.mask !== 0) {
      this.structPages.readRun(pfn, count);
      for (let n = 0; n < count; n++) {
        if (isDevicePage(this.structPages.words, n * this.#keys.stride, this.#keys)) devices++;
      }
    }
    this.#add(Use.zoneDevice, devices);
    this.#add(Use.offline, count - devices);
  }

  #part(first: number, { start, end }: Range): void {
    const words = this.structPages.words.subarray((start - first) * this.#keys.stride);
    tallyRun(words, start, end - start, this.#keys, this.tally);
  }

  #add(use: number, pages: number): void {
    (this.tally.uses[use] as number) += pages;
  }
}

/**
 * Says what each page is used for and whose it is, in one pass over the struct pages.
 * @param kfence the pfns of KFENCE's pool
 * @throws InspectError missingInfo or corrupt, when the memory map itself or the types cannot be read
 */
export function attributePages(
  typed: TypedKernel,
  onProgress?: OnProgress,
  kfence: Range | null = null,
): Attribution {
  requireKeys(typed.kernel);
  requireTrustedMemory(typed.kernel);
  const { memory } = typed.kernel.image;
  const described = anew(() => pfnRanges(memory.described()));
  if (kfence === null) return attributeRanges(typed, described, onProgress);
  const [start, end] = [kfence.start * PAGE_SIZE, kfence.end * PAGE_SIZE];
  return withKfence(
    attributeRanges(
      typed,
      anew(() => outsideOf(described, kfence)),
      onProgress,
    ),
    attributeRanges(
      typed,
      anew(() => pfnRanges(memory.described(start, end))),
    ),
  );
}

/** The pages of KFENCE's pool are a use of their own: those of its objects look like slabs, others like reserved ones. */
function withKfence(others: Attribution, pool: Attribution): Attribution {
  return {
    ...others,
    total: others.total + pool.total,
    uses: { ...others.uses, kfence: pool.total },
    kfenceManaged: pool.uses.reserved > 0 ? 0 : pool.total,
    unreadable: new Map([...pool.unreadable, ...others.unreadable]),
    exact: others.exact && pool.exact,
  };
}

/** The same for ascending ranges of pfns, which are gone through twice. */
export function attributeRanges(
  typed: TypedKernel,
  ranges: Iterable<Range>,
  onProgress: OnProgress = () => {},
): Attribution {
  const scan = new Scan(typed);
  const total = countOf(ranges);
  let done = 0;
  for (const { pfn, count } of runsOf(ranges)) {
    scan.run(pfn, count);
    done += count;
    onProgress(done, total);
  }
  const { uses, slabs, slabObjects, mappings, hugetlb } = scan.tally;
  const exact = scan.failures.size === 0;
  const { places, failures } = scan;
  const tables = { slabs, slabObjects, mappings, hugetlb };
  const strays = exact ? scan.tally.cover.strays : 0;
  return { total, uses: named(USES, uses), places, ...tables, unreadable: failures, exact, strays };
}

function named<const N extends string>(names: readonly N[], counts: Float64Array): Record<N, number> {
  return Object.fromEntries(names.map((name, i) => [name, counts[i] as number])) as Record<N, number>;
}
