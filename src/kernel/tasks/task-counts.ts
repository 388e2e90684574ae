import { countBy } from './processes.ts';
import type { Task } from './task.ts';
import type { TaskState } from './task-state.ts';

/** Numbers of tasks. */
export interface TaskCounts {
  /** Everything with its own PID, including threads: the number after the slash in /proc/loadavg. */
  readonly total: number;
  /** Processes, each with any number of threads; without kernel threads. */
  readonly processes: number;
  readonly kernelThreads: number;
  /** Of the total, by state; only states that occur. */
  readonly states: Readonly<Partial<Record<TaskState, number>>>;
}

export function countTasks(tasks: readonly Task[]): TaskCounts {
  const kernelThreads = tasks.filter((task) => task.kernelThread).length;
  return {
    total: tasks.length,
    processes: tasks.filter((task) => !task.kernelThread && task.pid === task.tgid).length,
    kernelThreads,
    states: Object.fromEntries(countBy(tasks, ({ state }) => state)),
  };
}
