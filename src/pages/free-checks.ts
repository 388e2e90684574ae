import { type Check, check, type Movement } from '../kernel/check.ts';
import type { Zone, ZoneCheck } from './zones.ts';

/**
 * FREE of each zone against the zone's own free lists.
 * @param outside free pages that lie in no zone
 * @param before the same zones before their pages were read, where these may have moved meanwhile; else null
 */
export function freeChecks(
  zones: readonly ZoneCheck[],
  outside: number,
  before: readonly Zone[] | null,
): Check[] {
  const lists = { name: 'free_area.nr_free', unit: 'pages' };
  const checks = zones.map((zone, i) =>
    check({
      ...{ ...lists, node: zone.node, zone: zone.name },
      ...{ counted: zone.counted, kernel: zone.freeArea, movement: movementOf(zone, before?.[i]) },
    }),
  );
  return outside === 0
    ? checks
    : [...checks, check({ ...lists, name: 'free_area.nr_free of no zone', counted: outside, kernel: 0 })];
}

/** MAX_PAGE_ORDER is 10: a block of that order may be split or made of its halves just where it is read. */
const LARGEST_BLOCK = 2 ** 10;

function movementOf(zone: ZoneCheck, before: Zone | undefined): Movement | null {
  if (!before) return null;
  return { by: 'memory moved meanwhile', upTo: Math.abs(zone.freeArea - before.freeArea) + LARGEST_BLOCK };
}
