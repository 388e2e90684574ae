import type { TaskCounts } from '../kernel/tasks/task-counts.ts';

/** How many tasks there are; null if some may not have been found, with how many were. */
export type TaskFigures =
  | TaskCounts
  | ({ readonly [Name in keyof TaskCounts]: null } & { readonly atLeast: TaskCounts });

/** @param exact whether all tasks were found */
export function taskFigures(counts: TaskCounts, exact: boolean): TaskFigures {
  return exact
    ? counts
    : { total: null, processes: null, kernelThreads: null, states: null, atLeast: counts };
}

/** Returns the figures to show people, and the words before them. */
export function foundTasks(figures: TaskFigures): TaskCounts & { readonly least: '' | 'at least ' } {
  return 'atLeast' in figures ? { ...figures.atLeast, least: 'at least ' } : { ...figures, least: '' };
}
