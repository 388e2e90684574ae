import { type FlagsLayout, flagsLayout } from '../../kernel/sparsemem/page-flags-layout.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';

/**
 * Where page.flags says which node and zone a page belongs to. The width of the zone's number follows from the
 * number of zones.
 */
export interface PlaceBits extends FlagsLayout {
  readonly zone: number;
  /** MAX_NR_ZONES */
  readonly zones: number;
}

/** @throws InspectError as openMemSections */
export function placeBits(typed: TypedKernel): PlaceBits {
  const zones = Number(typed.types.enumerator('__MAX_NR_ZONES') ?? 4n);
  return { ...flagsLayout(typed.kernel), zone: Math.ceil(Math.log2(zones)), zones };
}

/**
 * The same for the upper half of page.flags: (half >>> shift) & mask is the node's number, with the zone's
 * number in its low bits.
 */
export interface PlaceKeys {
  readonly shift: number;
  readonly mask: number;
}

/** NODES_SHIFT is at most 10 and MAX_NR_ZONES at most 8. More would only make tables larger. */
const BITS_LIMIT = 13;

export function placeKeys({ section, node, zone }: PlaceBits): PlaceKeys {
  const bits = Math.min(BITS_LIMIT, node + zone);
  return { shift: Math.max(0, Math.min(31, 32 - section - bits)), mask: 2 ** bits - 1 };
}
