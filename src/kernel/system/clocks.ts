import { u32At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** What the kernel's clocks said when they were last updated: at the last tick, a few ms before the dump. */
export interface Clocks {
  /** Since boot, with the time of suspends, as in /proc/uptime; nanoseconds. */
  readonly uptime: bigint;
  /** Since 1970 (UTC), nanoseconds. */
  readonly wall: bigint;
}

const SECOND = 1_000_000_000n;
/** NSEC_PER_SEC in cycles needs more bits than the nanoseconds themselves by this at most. */
const SHIFT_LIMIT = 32;
/** A running kernel may be just at an update. */
const LIVE_ATTEMPTS = 8;

const MEMBERS = [
  ...['tkr_mono.shift', 'tkr_mono.xtime_nsec', 'tkr_mono.base', 'xtime_sec', 'offs_boot'],
  ...['wall_to_monotonic.tv_sec', 'wall_to_monotonic.tv_nsec'],
] as const;

/** Where the timekeeper of the system is; virtual addresses. */
interface Place {
  readonly sequence: bigint;
  readonly timekeeper: bigint;
}

/**
 * Reads the timekeeper (kernel/time/timekeeping.c). Unlike jiffies it takes no CONFIG_HZ, and it knows suspends.
 * @throws InspectError missingInfo, notMapped or notStored; corrupt, when its members contradict each other
 */
export function readClocks(typed: TypedKernel): Clocks {
  const place = findTimekeeper(typed);
  const reader = typed.reader<string>('timekeeper', ...MEMBERS);
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
 * Since 6.17 there are several (timekeeper_data[], the first of them for the system), before that there is tk_core. Both
 * begin with a sequence count; what has it in front had no name, thus no BTF, before struct tk_data (6.13).
 */
function findTimekeeper(typed: TypedKernel): Place {
  const sequence = typed.findSymbol('timekeeper_data') ?? typed.symbol('tk_core');
  const named = typed.types.findStruct('tk_data')?.find('timekeeper')?.offset;
  return { sequence, timekeeper: sequence + BigInt(named ?? align8(sequenceSize(typed))) };
}

/** 5.10 gave the count its lock for lockdep (025e82bcbc34); without lockdep both have 4 bytes. */
function sequenceSize({ types }: TypedKernel): number {
  return (types.findStruct('seqcount_raw_spinlock_t') ?? types.struct('seqcount_t')).size;
}

function align8(size: number): number {
  return (size + 7) & ~7;
}

/**
 * The clocks, or undefined for what is no timekeeper: the monotonic base is xtime_sec and wall_to_monotonic, added
 * (tk_update_ktime_data), and so proves the place.
 */
function decode(tk: StructReader<string>): Clocks | undefined {
  const monotonic =
    (tk.big('xtime_sec') + tk.big('wall_to_monotonic.tv_sec')) * SECOND + tk.big('wall_to_monotonic.tv_nsec');
  const shift = tk.big('tkr_mono.shift');
  if (monotonic <= 0n || monotonic !== tk.big('tkr_mono.base') || shift > SHIFT_LIMIT) return undefined;
  const nanoseconds = tk.big('tkr_mono.xtime_nsec') >> shift;
  return {
    uptime: monotonic + nanoseconds + tk.big('offs_boot'),
    wall: tk.big('xtime_sec') * SECOND + nanoseconds,
  };
}
