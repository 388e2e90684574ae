import type { Absence } from '../../absence.ts';

/** What a scan has found in some part of memory: plain data, which threads can hand over, and which adds up. All are pages. */
export interface Tally {
  /** By the rule that decided them. */
  readonly rules: Float64Array;
  /** Of those that no rule left out, by their contents. */
  readonly zero: number;
  readonly nonZero: number;
  readonly absences: ReadonlyMap<Absence, number>;
  /** Whose struct page could not be read, by reason. */
  readonly failures: ReadonlyMap<string, number>;
  /** Free, zone by zone in the order of the zones, and in none of them. */
  readonly free: readonly number[];
  readonly outside: number;
  /** Whether some page seems to have a memory error that the keys do not tell. */
  readonly looksPoisoned: boolean;
  /** Whose struct page no page can have, or contradicts that of their compound's head. */
  readonly strays: number;
  /** What of them is unaccepted memory, zone by zone. */
  readonly unaccepted: readonly number[];
}

/** What two parts have together. */
export function addTallies(a: Tally, b: Tally): Tally {
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

/** In the order of the names, so that it does not depend on which part came first. */
function addMaps<K extends string>(a: ReadonlyMap<K, number>, b: ReadonlyMap<K, number>): Map<K, number> {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return new Map(names.map((name) => [name, (a.get(name) ?? 0) + (b.get(name) ?? 0)]));
}
