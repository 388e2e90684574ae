import { InspectError } from '../../errors.ts';
import { type Fact, fact, factOf, known } from '../evidence/fact.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Task } from './task.ts';

/** The kernel's clocks at their last update; nanoseconds. */
export interface BootClock {
  /** Since boot, including suspend. */
  readonly uptime: bigint;
  /** Spent in suspend. */
  readonly suspended: bigint;
}

const SECOND = 1_000_000_000n;
/**
 * A clock that is not updated can be read for ten minutes at most (__clocksource_update_freq_scale,
 * kernel/time/clocksource.c): a task that started later did not.
 */
const NOT_UPDATED = 600n * SECOND;
/** Both clocks are read one after the other; a virtual machine may stand still in between. */
const BETWEEN = SECOND;

/**
 * Returns a function that reads when a task was started; for a process that has called execve(), its first
 * thread. Nanoseconds since boot, including suspend (start_boottime; real_start_time before 5.5). It is
 * checked against the time without suspend, start_time, and the clocks (copy_process, kernel/fork.c).
 */
export function startReader(typed: TypedKernel, clock: Fact<BootClock>): (task: Task) => Fact<bigint> {
  const reader = fact(() => typed.reader('task_struct', 'start_time', 'start_boottime'));
  const now = known(clock);
  return (task) => factOf(reader, (of) => startOf(task, of.load(task.address), now));
}

function startOf(
  { address, pid }: Task,
  loaded: StructReader<'start_time' | 'start_boottime'>,
  now: BootClock | undefined,
): bigint {
  const [start, monotonic] = [loaded.big('start_boottime'), loaded.big('start_time')];
  const suspended = start - monotonic;
  const isLate =
    now !== undefined && (start > now.uptime + NOT_UPDATED || suspended > now.suspended + BETWEEN);
  if (suspended >= 0n && !isLate) return start;
  const what = `the start of task ${pid} contradicts the clocks: ${start} ns since boot, ${monotonic} ns without suspend`;
  throw new InspectError('corrupt', what, { address });
}
