/** The state of a task, by the letter of /proc/PID/status (task_state_array, fs/proc/array.c). */
export type TaskState = 'R' | 'S' | 'D' | 'T' | 't' | 'X' | 'Z' | 'P' | 'I';

/*
 * Bits of task_struct.__state and exit_state (include/linux/sched.h). They are macros, so BTF lacks them.
 * They are the same since 4.14 (8ef9925b02c2, 06eb61844d84); TASK_RTLOCK_WAIT exists since 5.15, TASK_FROZEN
 * since 6.1.
 */
const UNINTERRUPTIBLE = 0x2;
const REPORTED = 0x7f;
const NOLOAD = 0x400;
const IDLE = UNINTERRUPTIBLE | NOLOAD;
const RTLOCK_WAIT = 0x1000;
const FROZEN = 0x8000;

/** Letters by the highest set bit of the reported ones; none is set while a task is runnable. */
const BY_BIT: readonly TaskState[] = ['S', 'D', 'T', 't', 'X', 'Z', 'P'];

/**
 * Returns the state as the kernel reports it (__task_state_index). Frozen tasks count as D, as before 6.1 and
 * again since f718faf3940e; the kernels in between report R.
 * @param state task_struct.__state
 * @param exitState task_struct.exit_state
 */
export function taskState(state: number, exitState: number): TaskState {
  if ((state & (RTLOCK_WAIT | FROZEN)) !== 0) return 'D';
  if ((state & IDLE) === IDLE) return 'I';
  const reported = (state | exitState) & REPORTED;
  return reported === 0 ? 'R' : (BY_BIT[31 - Math.clz32(reported)] as TaskState);
}
