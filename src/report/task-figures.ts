import type { TaskCounts } from '../kernel/tasks/task-counts.ts';

/** How many tasks there are; null where some may not have been found, and then how many were. */
export type TaskFigures =
  | TaskCounts
  | ({ readonly [Name in keyof TaskCounts]: null } & { readonly atLeast: TaskCounts });

/** @param exact whether all tasks were found */
export function taskFigures(counts: TaskCounts, exact: boolean): TaskFigures {
  return exact
    ? counts
    : { total: null, processes: null, kernelThreads: null, states: null, atLeast: counts };
}

/** What there is to tell people, and a word before it. */
export function foundTasks(figures: TaskFigures): TaskCounts & { readonly least: '' | 'at least ' } {
  return 'atLeast' in figures ? { ...figures.atLeast, least: 'at least ' } : { ...figures, least: '' };
}
