/** What a task does, by the letter of /proc/PID/status (task_state_array, fs/proc/array.c). */
export type TaskState = 'R' | 'S' | 'D' | 'T' | 't' | 'X' | 'Z' | 'P' | 'I';

/*
 * Bits of task_struct.__state and exit_state (include/linux/sched.h): no BTF has them, for they are macros. They are the
 * same since 4.14 (8ef9925b02c2, 06eb61844d84); TASK_RTLOCK_WAIT is from 5.15, TASK_FROZEN from 6.1.
 */
const UNINTERRUPTIBLE = 0x2;
const REPORTED = 0x7f;
const NOLOAD = 0x400;
const IDLE = UNINTERRUPTIBLE | NOLOAD;
const RTLOCK_WAIT = 0x1000;
const FROZEN = 0x8000;

/** The letters by the highest bit that is set of those that are reported; none is set while a task can run. */
const BY_BIT: readonly TaskState[] = ['S', 'D', 'T', 't', 'X', 'Z', 'P'];

/**
 * The state as the kernel itself reports it (__task_state_index). Frozen tasks count as D, as before 6.1 and again since
 * f718faf3940e: the kernels in between say R of them.
 * @param state task_struct.__state; @param exitState task_struct.exit_state
 */
export function taskState(state: number, exitState: number): TaskState {
  if ((state & (RTLOCK_WAIT | FROZEN)) !== 0) return 'D';
  if ((state & IDLE) === IDLE) return 'I';
  const reported = (state | exitState) & REPORTED;
  return reported === 0 ? 'R' : (BY_BIT[31 - Math.clz32(reported)] as TaskState);
}
