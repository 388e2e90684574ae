import { InspectError } from '../../errors.ts';
import type { PageReader } from './page-reader.ts';
import { ID_BITS, type RingHeader } from './ring-header.ts';
import type { RingLayout } from './ring-layout.ts';

/** Which number the record of an id has: both go up by one. */
export interface RingNumbers {
  /** A number that orders the ids: the record's own, where that is known. */
  readonly position: (id: bigint) => bigint;
  /** The record's number, counted from boot; null where no record tells the difference of ids and numbers. */
  readonly sequence: (id: bigint) => bigint | null;
}

/** Records that are asked for their number; the first that answers is enough. */
const ASKED = 64;

/**
 * Record 0 has the id -count (DESC0_ID + 1 of printk_ringbuffer.h). The kernels 5.10 to 6.12 keep only 32 bits of it, for
 * count is an unsigned int there; 7.3 has all 62. Which of the two holds is seen from a record whose number agrees.
 */
export function readNumbers(reader: PageReader, layout: RingLayout, ring: RingHeader): RingNumbers {
  const bases = [BigInt.asUintN(ID_BITS, -BigInt(ring.count)), BigInt.asUintN(32, -BigInt(ring.count))];
  for (let i = 0; i < Math.min(ASKED, ring.ids); i++) {
    // From the head down: the newest records are the least likely to be overwritten meanwhile.
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
