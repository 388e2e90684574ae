import type { Absence } from '../../absence.ts';
import { addMaps } from '../walk/add-maps.ts';

/**
 * What a scan for classes has found in some part of memory: plain data that threads can hand over, and that
 * adds up. All are pages.
 */
export interface ClassTally {
  /** By the rule that decided them. */
  readonly rules: Float64Array;
  /** Pages that no rule excludes, by their contents. */
  readonly zero: number;
  readonly nonZero: number;
  readonly absences: ReadonlyMap<Absence, number>;
  /** Of unknown class, by reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** Free pages of each zone, in the order of the zones, and those in no zone. */
  readonly free: readonly number[];
  readonly outside: number;
  /** Whether some page seems to have a memory error that VMCOREINFO has no key for. */
  readonly looksPoisoned: boolean;
  /** Whose struct page no page can have, or contradicts that of their compound's head. */
  readonly strays: number;
  /** Unaccepted memory among the free pages, zone by zone. */
  readonly unaccepted: readonly number[];
}

/** The sum of two parts. */
export function addClassTallies(a: ClassTally, b: ClassTally): ClassTally {
  return {
    rules: a.rules.map((pages, rule) => pages + (b.rules[rule] as number)),
    zero: a.zero + b.zero,
    nonZero: a.nonZero + b.nonZero,
    absences: addMaps(a.absences, b.absences),
    failures: addMaps(a.failures, b.failures),
    free: addLists(a.free, b.free),
    unaccepted: addLists(a.unaccepted, b.unaccepted),
    outside: a.outside + b.outside,
    looksPoisoned: a.looksPoisoned || b.looksPoisoned,
    strays: a.strays + b.strays,
  };
}

function addLists(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}
