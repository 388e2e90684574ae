import { u32At, u64At } from '../../bytes/words.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** The kernel's clocks at their last update: the last tick, a few ms before the dump. */
export interface Clocks {
  /** Nanoseconds since boot, including suspend, as in /proc/uptime. */
  readonly uptime: bigint;
  /** Nanoseconds that it was suspended. */
  readonly suspended: bigint;
  /** Nanoseconds since 1970 (UTC). */
  readonly wall: bigint;
}

const SECOND = 1_000_000_000n;
/** Upper limit of a clocksource's shift. */
const SHIFT_LIMIT = 32;
/** Longer than the symbol in any kernel: some 300 bytes, and as many for each auxiliary clock since 6.17. */
const SEARCHED = 4096;
/** The clocks of a running kernel may be in the middle of an update. */
const LIVE_ATTEMPTS = 8;

/**
 * Finds the clocks of a kernel without types in its timekeeper, by what its members must be. In all kernels
 * so far (include/linux/timekeeper_internal.h, 4.17 to 7.3) these are in a row:
 *
 *     tkr_mono: ..., u32 mult, u32 shift, u64 xtime_nsec, ktime_t base
 *     u64 xtime_sec, unsigned long ktime_sec, timespec64 wall_to_monotonic, ktime_t offs_real, ktime_t offs_boot
 *
 * offs_real is the negative of wall_to_monotonic, and base and ktime_sec are its sum with xtime_sec
 * (tk_set_wall_to_mono and tk_update_ktime_data, kernel/time/timekeeping.c). Returns undefined if nothing is
 * like this.
 * @throws InspectError notMapped or notStored
 */
export function clocksByShape(typed: TypedKernel): Clocks | undefined {
  const at = typed.findSymbol('timekeeper_data') ?? typed.findSymbol('tk_core');
  const size = at === undefined ? undefined : typed.symbols.nearest(at)?.size;
  if (at === undefined || size === undefined) return undefined;
  const length = 8 * Math.floor(Math.min(SEARCHED, Number(size)) / 8);
  for (let i = 0; i < (typed.space.live ? LIVE_ATTEMPTS : 1); i++) {
    const clocks = clocksIn(typed.space.bytes(at, length));
    if (clocks) return clocks;
  }
  return undefined;
}

function clocksIn(bytes: Uint8Array): Clocks | undefined {
  const words = bytes.length / 8;
  const word = (i: number) => u64At(bytes, 8 * i);
  const signed = (i: number) => BigInt.asIntN(64, word(i));
  for (let i = 0; i + 6 <= words; i++) {
    const [xtimeSec, ktimeSec, nsec] = [word(i), word(i + 1), word(i + 3)];
    const seconds = xtimeSec + signed(i + 2);
    const toMonotonic = signed(i + 2) * SECOND + nsec;
    if (seconds <= 0n || nsec >= SECOND || toMonotonic === 0n || signed(i + 4) !== -toMonotonic) continue;
    if (ktimeSec !== seconds && ktimeSec !== seconds + 1n) continue;
    const base = indexOf(bytes, i, seconds * SECOND + nsec);
    if (base === undefined) continue;
    const shift = u32At(bytes, 8 * (base - 2) + 4);
    if (shift > SHIFT_LIMIT) continue;
    const nanoseconds = word(base - 1) >> BigInt(shift);
    return {
      uptime: word(base) + nanoseconds + signed(i + 5),
      suspended: signed(i + 5),
      wall: xtimeSec * SECOND + nanoseconds,
    };
  }
  return undefined;
}

/** Returns the index of the first word of that value before `end` that two words precede. */
function indexOf(bytes: Uint8Array, end: number, value: bigint): number | undefined {
  for (let i = 2; i < end; i++) if (u64At(bytes, 8 * i) === value) return i;
  return undefined;
}
