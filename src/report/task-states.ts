import type { TaskState } from '../kernel/tasks/task-state.ts';

/** The words of /proc/PID/status for the letters of ps(1). */
export const TASK_STATES: Readonly<Record<TaskState, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk sleep',
  T: 'stopped',
  t: 'tracing stop',
  X: 'dead',
  Z: 'zombie',
  P: 'parked',
  I: 'idle',
};
