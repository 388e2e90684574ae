import { u32At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type Clocks, clocksByShape } from './clocks-by-shape.ts';

const SECOND = 1_000_000_000n;
/** Upper limit of a clocksource's shift. */
const SHIFT_LIMIT = 32;
/** The clocks of a running kernel may be in the middle of an update. */
const LIVE_ATTEMPTS = 8;

const MEMBERS = [
  ...['tkr_mono.shift', 'tkr_mono.xtime_nsec', 'tkr_mono.base', 'xtime_sec', 'offs_boot'],
  ...['wall_to_monotonic.tv_sec', 'wall_to_monotonic.tv_nsec'],
] as const;

/** Virtual addresses of the system's timekeeper and its sequence count. */
interface Place {
  readonly sequence: bigint;
  readonly timekeeper: bigint;
}

/**
 * Reads the timekeeper (kernel/time/timekeeping.c). Unlike jiffies, it does not depend on CONFIG_HZ and
 * includes suspend.
 * @throws InspectError missingInfo, notMapped or notStored; corrupt if its members contradict each other
 */
export function readClocks(typed: TypedKernel): Clocks {
  const found = typed.hasNoTypes ? clocksByShape(typed) : undefined;
  if (found) return found;
  const reader = typed.reader<string>('timekeeper', ...MEMBERS);
  const place = findTimekeeper(typed);
  const attempts = typed.kernel.image.live ? LIVE_ATTEMPTS : 1;
  for (let i = 1; i < attempts; i++) {
    const before = sequenceOf(typed, place);
    const clocks = decode(reader.load(place.timekeeper));
    if (clocks && before % 2 === 0 && before === sequenceOf(typed, place)) return clocks;
  }
  const clocks = decode(reader.load(place.timekeeper));
  if (clocks) return clocks;
  const address = place.timekeeper;
  throw new InspectError('corrupt', `the timekeeper at ${hex(address)} contradicts itself`, {
    address,
  });
}

function sequenceOf({ space }: TypedKernel, { sequence }: Place): number {
  return u32At(space.bytes(sequence, 4), 0);
}

/**
 * Finds the timekeeper. Since 6.17 there are several (timekeeper_data[], the system's first), before that
 * there is tk_core. Both begin with a sequence count; the enclosing structure had no name, and thus no BTF,
 * before struct tk_data (6.13).
 */
function findTimekeeper(typed: TypedKernel): Place {
  const sequence = typed.findSymbol('timekeeper_data') ?? typed.symbol('tk_core');
  const named = typed.types.findStruct('tk_data')?.find('timekeeper')?.offset;
  return { sequence, timekeeper: sequence + BigInt(named ?? align8(sequenceSize(typed))) };
}

/** Since 5.10 the count has a lock for lockdep (025e82bcbc34); without lockdep both have 4 bytes. */
function sequenceSize({ types }: TypedKernel): number {
  return (types.findStruct('seqcount_raw_spinlock_t') ?? types.struct('seqcount_t')).size;
}

function align8(size: number): number {
  return (size + 7) & ~7;
}

/**
 * Returns the clocks, or undefined if this is not a timekeeper: its monotonic base must be the sum of
 * xtime_sec and wall_to_monotonic (tk_update_ktime_data).
 */
function decode(tk: StructReader<string>): Clocks | undefined {
  const monotonic =
    (tk.big('xtime_sec') + tk.big('wall_to_monotonic.tv_sec')) * SECOND + tk.big('wall_to_monotonic.tv_nsec');
  const shift = tk.big('tkr_mono.shift');
  if (monotonic <= 0n || monotonic !== tk.big('tkr_mono.base') || shift > SHIFT_LIMIT) return undefined;
  const nanoseconds = tk.big('tkr_mono.xtime_nsec') >> shift;
  return {
    uptime: monotonic + nanoseconds + tk.big('offs_boot'),
    suspended: tk.big('offs_boot'),
    wall: tk.big('xtime_sec') * SECOND + nanoseconds,
  };
}
