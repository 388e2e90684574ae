import { InspectError, within } from '../../errors.ts';
import { describedBytes } from '../../formats/image/described.ts';
import type { Kernel } from '../open/kernel.ts';
import { missingKey } from '../vmcoreinfo/vmcoreinfo.ts';
import type { RingLayout } from './ring-layout.ts';

/** Ids have 62 bits; the two above them in state_var are the state (DESC_ID of printk_ringbuffer.h). */
export const ID_BITS = 62;

/** log_buf_len is at most 2^31 (LOG_BUF_LEN_MAX), with a descriptor per 32 bytes (PRB_AVGBITS). */
const MOST_SIZE_BITS = 31;
const MOST_COUNT_BITS = 26;

/** What a log is read from. */
export type LogSource = Pick<Kernel, 'space' | 'info' | 'image'>;

/** struct printk_ringbuffer, decoded and checked. */
export interface RingHeader {
  /** Number of descriptors and of infos. */
  readonly count: number;
  /** Virtual addresses of the three arrays. */
  readonly descs: bigint;
  readonly infos: bigint;
  readonly data: bigint;
  /** The text ring has 2^sizeBits bytes. */
  readonly sizeBits: number;
  /** The oldest id that may exist. */
  readonly tail: bigint;
  /** Number of ids from the tail to the head, both included. */
  readonly ids: number;
}

type Raw = ReturnType<RingLayout['ring']['decode']>;

/** @throws InspectError missingInfo, notMapped, notStored or corrupt if there is no log without it */
export function readRingHeader(source: LogSource, layout: RingLayout): RingHeader {
  try {
    const at = ringAddress(source);
    const raw = layout.ring.decode(source.space.bytes(at, layout.ring.size));
    rejectImpossible(raw, layout, describedBytes(source.image.memory));
    return { ...idsOf(raw, source.image.live), ...placesOf(raw) };
  } catch (error) {
    throw within("the kernel's log buffer", error);
  }
}

/**
 * `prb` points to the ring in use: the static one until setup_log_buf allocates a larger one for
 * log_buf_len=, which machines with many CPUs get by default. The static one is used only for a kernel
 * without the pointer.
 */
function ringAddress({ space, info }: LogSource): bigint {
  const pointer = info.symbol('prb');
  if (pointer !== undefined) return space.u64(pointer);
  const ring = info.symbol('printk_rb_static');
  if (ring !== undefined) return ring;
  throw missingKey('SYMBOL(prb)', 'the kernel log cannot be found');
}

/** @param memory bytes that the dump describes: the limit for each array of the ring */
function rejectImpossible({ count_bits, size_bits }: Raw, layout: RingLayout, memory: number): void {
  const limits = [
    ['count_bits', count_bits, MOST_COUNT_BITS, layout.desc.size],
    ['count_bits', count_bits, MOST_COUNT_BITS, layout.info.size],
    ['size_bits', size_bits, MOST_SIZE_BITS, 1],
  ] as const;
  for (const [name, bits, most, size] of limits) {
    if (bits > most) throw corrupt(`${name} is ${bits}, but no kernel has more than ${most}`);
    if (2 ** bits * size > memory)
      throw corrupt(`${name} is ${bits}, which takes ${2 ** bits * size} bytes, but the dump has ${memory}`);
  }
}

function placesOf({ count_bits, descs, infos, data, size_bits }: Raw) {
  return { count: 2 ** count_bits, descs, infos, data, sizeBits: size_bits };
}

/**
 * The tail is advanced before the head, so there are never more ids than descriptors, except in a live
 * kernel.
 */
function idsOf({ count_bits, tail_id, head_id }: Raw, live: boolean) {
  const count = 1n << BigInt(count_bits);
  const ids = BigInt.asUintN(ID_BITS, head_id - tail_id) + 1n;
  if (ids <= count) return { tail: BigInt.asUintN(ID_BITS, tail_id), ids: Number(ids) };
  if (live) return { tail: BigInt.asUintN(ID_BITS, head_id - count + 1n), ids: Number(count) };
  throw corrupt(`tail_id ${tail_id} and head_id ${head_id} are further apart than its ${count} descriptors`);
}

function corrupt(what: string): InspectError {
  return new InspectError('corrupt', what);
}
