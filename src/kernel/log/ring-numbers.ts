import { InspectError } from '../../errors.ts';
import type { PageReader } from './page-reader.ts';
import { ID_BITS, type RingHeader } from './ring-header.ts';
import type { RingLayout } from './ring-layout.ts';

/** Maps the ids of records to their numbers: both count up by one. */
export interface RingNumbers {
  /** A number that orders the ids: the record's own if known. */
  readonly position: (id: bigint) => bigint;
  /** The record's number, counted from boot; null if no record shows how ids and numbers differ. */
  readonly sequence: (id: bigint) => bigint | null;
}

/** How many records to try; one that answers is enough. */
const TRIED = 64;

/**
 * Record 0 has the id -count (DESC0_ID + 1 of printk_ringbuffer.h). Kernels 5.10 to 6.12 keep only 32 bits of
 * it, because count is an unsigned int there; 7.3 has all 62. A record whose number agrees shows which is the
 * case.
 */
export function readNumbers(reader: PageReader, layout: RingLayout, ring: RingHeader): RingNumbers {
  const bases = [BigInt.asUintN(ID_BITS, -BigInt(ring.count)), BigInt.asUintN(32, -BigInt(ring.count))];
  for (let i = 0; i < Math.min(TRIED, ring.ids); i++) {
    // From the head down: the newest records are the least likely to be overwritten in the meantime.
    const id = BigInt.asUintN(ID_BITS, ring.tail + BigInt(ring.ids - 1 - i));
    const number = numberIn(reader, layout, ring, id);
    const base = bases.find((first) => number === BigInt.asUintN(ID_BITS, id - first));
    if (base !== undefined) return numbersFrom(base, true);
  }
  return numbersFrom(ring.tail, false);
}

function numbersFrom(first: bigint, known: boolean): RingNumbers {
  const position = (id: bigint) => BigInt.asUintN(ID_BITS, id - first);
  return { position, sequence: (id) => (known ? position(id) : null) };
}

function numberIn(reader: PageReader, layout: RingLayout, ring: RingHeader, id: bigint): bigint | undefined {
  try {
    const at = ring.infos + (id % BigInt(ring.count)) * BigInt(layout.info.size);
    return layout.info.decode(reader.bytes(at, layout.info.size)).seq;
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
