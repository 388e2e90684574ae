import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type OwnerCounts, OwnerTable } from './owner-table.ts';

/** inuse:16, objects:15, frozen:1 (struct slab, mm/slab.h), in one word. */
const INUSE_MASK = 0xffff;
const OBJECTS_SHIFT = 16;
const OBJECTS_MASK = 0x7fff;

/** What SlabObjects has, as plain data. */
export type SlabObjectCounts = Readonly<Record<(typeof KINDS)[number], OwnerCounts>>;

const KINDS = ['slabs', 'empty', 'objects', 'free', 'impossible'] as const;

/** The objects in slabs, as the struct pages of the slabs count them, by the address of the kmem_cache. */
export class SlabObjects {
  readonly slabs: OwnerTable;
  /** Slabs of which no object is in use. */
  readonly empty: OwnerTable;
  readonly objects: OwnerTable;
  /** Objects that are free by the counters of their slab. */
  readonly free: OwnerTable;
  /** Slabs with impossible counters. */
  readonly impossible: OwnerTable;

  /** @param counts what is known already */
  constructor(counts?: SlabObjectCounts) {
    const table = (kind: (typeof KINDS)[number]) => (counts ? OwnerTable.of(counts[kind]) : new OwnerTable());
    this.slabs = table('slabs');
    this.empty = table('empty');
    this.objects = table('objects');
    this.free = table('free');
    this.impossible = table('impossible');
  }

  /** @param low, high the halves of the cache's address @param counters the word in the slab's struct page */
  add(low: number, high: number, counters: number): void {
    const inuse = counters & INUSE_MASK;
    const objects = (counters >>> OBJECTS_SHIFT) & OBJECTS_MASK;
    this.slabs.add(low, high, 1);
    if (objects === 0 || inuse > objects) {
      this.impossible.add(low, high, 1);
      return;
    }
    this.objects.add(low, high, objects);
    if (inuse < objects) this.free.add(low, high, objects - inuse);
    if (inuse === 0) this.empty.add(low, high, 1);
  }

  get counts(): SlabObjectCounts {
    const { slabs, empty, objects, free, impossible } = this;
    return {
      slabs: slabs.counts,
      empty: empty.counts,
      objects: objects.counts,
      free: free.counts,
      impossible: impossible.counts,
    };
  }

  /** Adds what another part of memory has. */
  addAll(counts: SlabObjectCounts): void {
    for (const kind of KINDS) this[kind].addAll(counts[kind]);
  }
}

/** The word of a struct page that holds the counters of a slab; -1 where BTF has them elsewhere. */
export function slabCounterWord({ types }: TypedKernel): number {
  const slab = types.findStruct('slab') ?? types.struct('page');
  const [inuse, objects] = [slab.find('inuse'), slab.find('objects')];
  const start = inuse?.bitOffset ?? 1;
  const known = start % 32 === 0 && inuse?.bitSize === 16 && objects?.bitSize === 15;
  return known && objects.bitOffset === start + OBJECTS_SHIFT ? start / 32 : -1;
}
