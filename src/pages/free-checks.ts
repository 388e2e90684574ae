import { type Check, check } from '../kernel/check.ts';
import type { Movements } from './movement.ts';
import type { ZoneCheck } from './zones.ts';

/**
 * FREE of each zone against the zone's own free lists.
 * @param outside free pages that lie in no zone
 * @param movements of the zones' free lists, by the zone's index, in a kernel that runs; else null
 */
export function freeChecks(
  zones: readonly ZoneCheck[],
  outside: number,
  movements: Movements | null,
): Check[] {
  const lists = { name: 'free_area.nr_free', unit: 'pages' };
  const checks = zones.map((zone, i) =>
    check({
      ...{ ...lists, node: zone.node, zone: zone.name },
      ...{ counted: zone.counted, kernel: zone.freeArea, movement: movements?.of([i]) ?? null },
    }),
  );
  return outside === 0
    ? checks
    : [...checks, check({ ...lists, name: 'free_area.nr_free of no zone', counted: outside, kernel: 0 })];
}
