import { hex } from '../../hex.ts';
import type { FreePlace } from '../../kernel/slabs/free-objects.ts';
import type { OwnerRow } from '../page-details.ts';

type SlabOwnerRow = Extract<OwnerRow, { kind: 'slab' }>;
type ObjectRow = NonNullable<SlabOwnerRow['object']>;

/** Describes a slab, and its object at the address that was asked for. */
export function slabText({ cache, objects, inUse, list, object }: SlabOwnerRow): string {
  const on = list ? `, ${listText(list)}` : '';
  const what = `slab cache ${cache.name}, objects of ${cache.objectSize} bytes, ${inUse} of ${objects} in use${on}`;
  return object ? `${what}; ${objectText(object)}` : what;
}

/** Describes a page of KFENCE's pool. */
export function kfenceText({ object }: Extract<OwnerRow, { kind: 'kfence' }>): string {
  if (object === null) return 'guard page of the KFENCE pool, never mapped';
  const { index, address, size, state, cache } = object;
  if (cache === null) return `object ${index} of the KFENCE pool, not used yet`;
  const of = cache.name ?? cache.address;
  return `object ${index} of the KFENCE pool, at ${address}, ${size} bytes of slab cache ${of}: ${state ?? 'of unknown state'}`;
}

function listText(place: FreePlace): string {
  return place.kind === 'cpuSlab'
    ? `the slab that ${holder(place)} allocates from`
    : `on the partial list of ${holder(place)}`;
}

function objectText(object: ObjectRow): string {
  const { index, offset, address } = object;
  const at = address === null ? '' : ` at ${address}`;
  return `object ${index}${at}, at offset ${hex(offset)}: ${stateText(object)}`;
}

function stateText({ state, waitsOn, unknown }: ObjectRow): string {
  switch (state) {
    case 'allocated':
      return 'allocated';
    case 'free':
      return waitsOn ? `free, ${waitingText(waitsOn)}` : 'free';
    case 'freeing':
      return 'freed, waiting for an RCU grace period';
    default:
      return `state unknown: ${unknown ?? 'the slab cannot be read'}`;
  }
}

function waitingText(place: FreePlace): string {
  switch (place.kind) {
    case 'cpuFreelist':
      return `on the freelist of ${holder(place)}`;
    case 'sheaf':
      return `in a sheaf of ${holder(place)}`;
    case 'barn':
      return `in the barn of ${holder(place)}`;
    default:
      return 'on the freelist of its slab';
  }
}

function holder(place: FreePlace): string {
  return 'cpu' in place ? `CPU ${place.cpu}` : `node ${place.node}`;
}
