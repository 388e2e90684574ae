import { InspectError } from '../../errors.ts';
import { readString } from '../../kernel/objects/c-string.ts';
import { nodeAddresses } from '../../kernel/objects/nodes.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { placeBits } from '../attribution/page-places.ts';
import type { PageUse } from '../attribution/page-uses.ts';

/** The node and zone that a page belongs to. */
export interface PagePlace {
  readonly node: number;
  readonly zone: string;
  /**
   * Whether the page lies in the zone's own span. If not, one of both is wrong, except for pages that are in
   * no zone (isPlaced).
   */
  readonly inSpan: boolean;
}

/**
 * The node and zone in the flags of a page; null where there is no such zone.
 * @throws InspectError notMapped or notStored
 */
export function placeOf(typed: TypedKernel, flags: bigint, pfn: number): PagePlace | null {
  const bits = placeBits(typed);
  const below = bits.section + bits.node;
  const node = bitsOf(flags, 64 - below, bits.node);
  const index = bitsOf(flags, 64 - below - bits.zone, bits.zone);
  const address = addressOfNode(typed, node);
  if (address === undefined || index >= bits.zones) return null;
  const zone = typed.reader('zone', 'name', 'zone_start_pfn', 'spanned_pages');
  const first = typed.types.struct('pglist_data').offsetOf('node_zones');
  zone.load(address + BigInt(first + index * zone.type.size));
  const start = zone.number('zone_start_pfn');
  return {
    node,
    zone: zoneName(typed, zone.big('name'), index),
    inSpan: pfn >= start && pfn < start + zone.number('spanned_pages'),
  };
}

function bitsOf(flags: bigint, shift: number, bits: number): number {
  return Number(BigInt.asUintN(bits, flags >> BigInt(shift)));
}

/**
 * The name of a zone. zone_names of mm/page_alloc.c has the names in the order of enum zone_type, whose names
 * differ only in case.
 * @throws InspectError corrupt, where the two differ
 */
function zoneName(typed: TypedKernel, address: bigint, index: number): string {
  const name = readString(typed.space, address, 16);
  const types = typed.types.enumeration('zone_type');
  const type = types?.find(({ value }) => value === BigInt(index))?.name;
  if (type === undefined || type === `ZONE_${name.toUpperCase()}`) return name;
  throw new InspectError('corrupt', `zone ${index} is ${type}, but its name is ${name}`, { address });
}

/**
 * Uses of pages that the allocator never managed: struct pages of holes get the zone before them, or the
 * first one (init_unavailable_range, mm/mm_init.c), and those of sections that are not online say nothing.
 */
const UNPLACED: ReadonlySet<PageUse> = new Set(['reserved', 'offline', 'uninitialized']);

/** Whether in an undamaged kernel a page of that use always lies in the span of its zone. */
export function isPlaced(use: PageUse): boolean {
  return !UNPLACED.has(use);
}

function addressOfNode(typed: TypedKernel, node: number): bigint | undefined {
  const reader = typed.reader('pglist_data', 'node_id');
  return nodeAddresses(typed).find((address) => reader.load(address).number('node_id') === node);
}
