import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';

/**
 * How page.flags says which node and zone a page belongs to: in its upper bits, the node first
 * (include/linux/page-flags-layout.h; sections have no bits with SPARSEMEM_VMEMMAP, which x86_64 always has).
 * The dump does not give their widths. That of the node follows from the length of node_data, which has 1 <<
 * NODES_SHIFT entries, and that of the zone from the number of zones.
 */
export interface PlaceBits {
  readonly node: number;
  readonly zone: number;
  /** MAX_NR_ZONES */
  readonly zones: number;
}

export function placeBits(typed: TypedKernel): PlaceBits {
  const zones = Number(typed.types.enumerator('__MAX_NR_ZONES') ?? 4n);
  const node = Math.ceil(Math.log2(typed.kernel.info.length('node_data') ?? 1));
  return { node, zone: Math.ceil(Math.log2(zones)), zones };
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

export function placeKeys({ node, zone }: PlaceBits): PlaceKeys {
  const bits = Math.min(BITS_LIMIT, node + zone);
  return { shift: Math.min(31, 32 - bits), mask: 2 ** bits - 1 };
}
