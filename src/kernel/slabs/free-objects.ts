import type { Break } from '../objects/list.ts';
import type { Freelist } from './freelist.ts';
import type { Slab } from './slab.ts';

/** Where free objects are kept. */
export type FreePlace =
  /** The freelist of a CPU, for its own slab; the slab's counters count its objects as in use. */
  | { readonly kind: 'cpuFreelist'; readonly cpu: number }
  /** The own freelist of a CPU's slab: objects that other CPUs freed. */
  | { readonly kind: 'cpuSlab'; readonly cpu: number }
  | { readonly kind: 'cpuPartial'; readonly cpu: number }
  | { readonly kind: 'nodePartial'; readonly node: number }
  /** An array of objects that a CPU keeps (6.18+). */
  | { readonly kind: 'sheaf'; readonly cpu: number }
  /** A full sheaf that a node keeps for its CPUs. */
  | { readonly kind: 'barn'; readonly node: number };

/** A number between two bounds, which are equal if it is known. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Free objects found at one place. */
export interface FreeObjects extends Bounds {
  readonly place: FreePlace;
  /** Their slab; null for a sheaf, and for objects lost with a list. */
  readonly slab: Slab | null;
  /** Virtual addresses; empty if the list was not followed or cannot be read. */
  readonly objects: readonly bigint[];
  readonly broken: Break | null;
}

/** Whether a slab's own counters count the objects of a place as free; the others count as in use. */
export function isInSlab({ kind }: FreePlace): boolean {
  return kind === 'cpuSlab' || kind === 'cpuPartial' || kind === 'nodePartial';
}

/** Objects that a place has lost: only their maximum is known. */
export function lostObjects(place: FreePlace, most: number, broken: Break): FreeObjects {
  return { place, slab: null, objects: [], least: 0, most, broken };
}

/** Returns a slab's own free objects, for which its counters and its freelist are two witnesses. */
export function freeInSlab(place: FreePlace, slab: Slab, { objects, wrong }: Freelist): FreeObjects {
  const free = slab.objects - slab.inuse;
  if (wrong !== null) return { ...brokenList(place, slab, wrong), objects };
  if (objects.length === free) return { place, slab, objects, least: free, most: free, broken: null };
  const reason = `its freelist has ${objects.length} objects, but its counters have ${free} free`;
  return {
    ...{ place, slab, objects, broken: { address: slab.address, reason } },
    ...{ least: Math.min(objects.length, free), most: Math.max(objects.length, free) },
  };
}

/** Returns the objects on a CPU's freelist, which has no counter. */
export function freeOnCpu(place: FreePlace, slab: Slab, { objects, wrong }: Freelist): FreeObjects {
  if (wrong !== null) return { ...brokenList(place, slab, wrong), objects };
  return { place, slab, objects, least: objects.length, most: objects.length, broken: null };
}

function brokenList(place: FreePlace, slab: Slab, reason: string): FreeObjects {
  return { ...lostObjects(place, slab.objects, { address: slab.address, reason }), slab };
}
