import { type Check, check, type Movement } from '../../kernel/evidence/check.ts';
import type { ZoneCheck } from '../zones/zones.ts';
import type { Movements } from './movement.ts';

/** What the free pages of zones are compared with. */
export interface FreeFacts {
  readonly zones: readonly ZoneCheck[];
  /** Free pages that lie in no zone. */
  readonly outside: number;
  /** CPUs that may hold back a part of NR_FREE_PAGES; 0 where the dump does not say how many there are. */
  readonly cpus: number;
  /** How the zones' free lists moved, by the zone's index; null unless the kernel runs. */
  readonly movements: Movements | null;
}

/** FREE of each zone against the zone's own free lists, and against its NR_FREE_PAGES. */
export function freeChecks(facts: FreeFacts): Check[] {
  const { zones, outside, movements } = facts;
  const lists = { name: 'free_area.nr_free', unit: 'pages' };
  const checks = zones.map((zone, i) =>
    check({
      ...{ ...lists, node: zone.node, zone: zone.name, counted: zone.counted, kernel: zone.freeArea },
      explained: [{ by: 'unaccepted memory, which has a list of its own', count: zone.unaccepted }],
      movement: movements?.of([i]) ?? null,
    }),
  );
  const lost = check({ ...lists, name: 'free_area.nr_free of no zone', counted: outside, kernel: 0 });
  const counters = zones.flatMap((zone, i) => counterCheck(zone, mayDiffer(facts, i)));
  return [...checks, ...(outside === 0 ? [] : [lost]), ...counters];
}

/** @param movement null where it is not known how much may be held back. A difference then proves nothing. */
function counterCheck({ node, name, counted, vmStat }: ZoneCheck, movement: Movement | null): Check[] {
  const figures = { unit: 'pages', node, zone: name, counted, kernel: vmStat };
  return movement === null && counted !== vmStat
    ? []
    : [check({ name: 'NR_FREE_PAGES', ...figures, movement })];
}

/**
 * The most that a CPU may not yet have added to a counter of a zone: an s8 (per_cpu_zonestat.vm_stat_diff,
 * include/linux/mmzone.h).
 */
const HELD_BACK = 127;

function mayDiffer({ movements, cpus }: FreeFacts, zone: number): Movement | null {
  if (movements) return movements.of([zone]);
  return cpus === 0 ? null : { by: 'CPUs may hold back so many', upTo: HELD_BACK * cpus };
}
