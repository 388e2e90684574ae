import type { Break } from '../objects/list.ts';
import type { Freelist } from './freelist.ts';
import type { Slab } from './slab.ts';

/** Where free objects wait until they are given out again. */
export type FreePlace =
  /** The freelist of a CPU's own slab, which the slab's counters know nothing of. */
  | { readonly kind: 'cpuFreelist'; readonly cpu: number }
  /** The slab's own freelist, of a CPU's own slab: what other CPUs gave back. */
  | { readonly kind: 'cpuSlab'; readonly cpu: number }
  | { readonly kind: 'cpuPartial'; readonly cpu: number }
  | { readonly kind: 'nodePartial'; readonly node: number }
  /** An array of objects that a CPU keeps (6.18+). */
  | { readonly kind: 'sheaf'; readonly cpu: number }
  /** A full one that a node keeps for its CPUs. */
  | { readonly kind: 'barn'; readonly node: number };

/** A number between two bounds; they are equal where it is known. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Free objects that were found at one place. */
export interface FreeObjects extends Bounds {
  readonly place: FreePlace;
  /** The slab that they are of; null for those of a sheaf and for what was lost with a list. */
  readonly slab: Slab | null;
  /** Virtual addresses; none where it was not followed or cannot be read. */
  readonly objects: readonly bigint[];
  readonly broken: Break | null;
}

/** Whether a slab's own counters have the objects of a place as free; those of the others they have as in use. */
export function isInSlab({ kind }: FreePlace): boolean {
  return kind === 'cpuSlab' || kind === 'cpuPartial' || kind === 'nodePartial';
}

/** What a place has lost: nothing is known but how many there are at most. */
export function lostObjects(place: FreePlace, most: number, broken: Break): FreeObjects {
  return { place, slab: null, objects: [], least: 0, most, broken };
}

/** A slab's own free objects: its counters and its freelist are two witnesses. */
export function freeInSlab(place: FreePlace, slab: Slab, { objects, wrong }: Freelist): FreeObjects {
  const free = slab.objects - slab.inuse;
  if (wrong !== null) return { ...brokenList(place, slab, wrong), objects };
  if (objects.length === free) return { place, slab, objects, least: free, most: free, broken: null };
  const reason = `its freelist has ${objects.length} objects, and its counters have ${free} free`;
  return {
    ...{ place, slab, objects, broken: { address: slab.address, reason } },
    ...{ least: Math.min(objects.length, free), most: Math.max(objects.length, free) },
  };
}

/** Those on the freelist of a CPU, of which nothing else keeps a count. */
export function freeOnCpu(place: FreePlace, slab: Slab, { objects, wrong }: Freelist): FreeObjects {
  if (wrong !== null) return { ...brokenList(place, slab, wrong), objects };
  return { place, slab, objects, least: objects.length, most: objects.length, broken: null };
}

function brokenList(place: FreePlace, slab: Slab, reason: string): FreeObjects {
  return { ...lostObjects(place, slab.objects, { address: slab.address, reason }), slab };
}
