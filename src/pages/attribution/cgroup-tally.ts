import type { AddressSpace } from '../../kernel/paging/address-space.ts';
import { CGROUP_POINTER_MASK, type CgroupKeys } from './cgroup-keys.ts';
import { type OwnerCounts, OwnerTable } from './owner-table.ts';
import { type PageUse, USES } from './page-uses.ts';
import { addSlabCharges, type SlabChargeCounts, SlabCharges } from './slab-charges.ts';

/** What pages charged to a cgroup are used for. */
export const CHARGED_USES = ['anonymous', 'fileCache', 'shmem', 'swapCache', 'pageTables', 'kernel'] as const;

export type ChargedUse = (typeof CHARGED_USES)[number];

/** Anonymous pages that the kernel counts otherwise. */
const TRAITS = ['unmappedAnonymous', 'swapCachedAnonymous'] as const;

const KINDS = [...CHARGED_USES, ...TRAITS] as const;

export type ChargedKind = (typeof KINDS)[number];

/**
 * What the pages of some memory are charged to, as plain data that threads can hand over: pages by address of a
 * mem_cgroup or obj_cgroup.
 */
export interface CgroupCounts {
  readonly pages: Readonly<Record<ChargedKind, OwnerCounts>>;
  readonly slabs: SlabChargeCounts | null;
}

/** Pages whose word says nothing, and slabs, whose word leads to those of their objects. */
const SKIPPED: ReadonlySet<PageUse> = new Set([
  ...(['slab', 'free', 'unaccepted', 'reserved', 'uninitialized', 'zoneDevice'] as const),
  ...(['offline', 'noStructPage', 'unreadable'] as const),
]);

/** By Use, what charged pages count as. */
const CHARGED_AS = USES.map((use): ChargedUse | null => {
  if (SKIPPED.has(use)) return null;
  return CHARGED_USES.find((charged) => charged === use) ?? 'kernel';
});

/** Counts pages and slab objects by what they are charged to. */
export class CgroupTally {
  readonly #keys: CgroupKeys;
  readonly #pages = Object.fromEntries(KINDS.map((kind) => [kind, new OwnerTable()])) as Record<
    ChargedKind,
    OwnerTable
  >;
  readonly #byUse = CHARGED_AS.map((charged) => charged && this.#pages[charged]);
  readonly #slabs: SlabCharges | null;
  /** What the last head is charged to; 0 for nothing. */
  #low = 0;
  #high = 0;

  constructor(space: AddressSpace, keys: CgroupKeys) {
    this.#keys = keys;
    this.#slabs = keys.slab && new SlabCharges(space, keys.slab);
  }

  /** Pages for which the struct page at word `i` speaks. */
  add(w: Int32Array, i: number, use: number, pages: number): void {
    const { word } = this.#keys;
    this.#low = ((w[i + word] as number) & CGROUP_POINTER_MASK) >>> 0;
    this.#high = (w[i + word + 1] as number) >>> 0;
    if (this.#high === 0 && this.#low === 0) return;
    this.#byUse[use]?.add(this.#low, this.#high, pages);
  }

  /** A slab, by the struct page of its head. */
  addSlab(w: Int32Array, i: number): void {
    this.#slabs?.add(w, i);
  }

  /** Pages of the last head that also have a trait. */
  addTrait(trait: (typeof TRAITS)[number], pages: number): void {
    if (pages > 0 && (this.#high !== 0 || this.#low !== 0))
      this.#pages[trait].add(this.#low, this.#high, pages);
  }

  get counts(): CgroupCounts {
    const pages = Object.fromEntries(KINDS.map((kind) => [kind, this.#pages[kind].counts]));
    return { pages: pages as CgroupCounts['pages'], slabs: this.#slabs?.counts ?? null };
  }
}

/** The sum of two parts of memory. */
export function addCgroupCounts(a: CgroupCounts, b: CgroupCounts): CgroupCounts {
  const pages = Object.fromEntries(
    KINDS.map((kind) => {
      const both = OwnerTable.of(a.pages[kind]);
      both.addAll(b.pages[kind]);
      return [kind, both.counts];
    }),
  );
  return {
    pages: pages as CgroupCounts['pages'],
    slabs: a.slabs && b.slabs && addSlabCharges(a.slabs, b.slabs),
  };
}
