/*
 * Compares a figure counted in a kernel's memory with the kernel's own counter, a second witness. Only
 * something else that was counted in the same memory may explain a difference.
 */

/** How the two figures compare; a contradicted figure is not to be trusted. */
export type Verdict = 'equal' | 'explained' | 'moving' | 'contradicted';

/** A reason for a difference, counted in the memory itself. */
export interface Explanation {
  /** The reason, so that "12 more were counted: BY" reads well. */
  readonly by: string;
  /** By how many it raises the count above the kernel's counter; negative if it lowers it. */
  readonly count: number;
}

/** What may have changed between two looks at the same thing, and by how much at most. */
export interface Movement {
  readonly by: string;
  readonly upTo: number;
}

/** The two figures and the reasons for their difference. */
export interface Comparison {
  /** The counter, as the kernel names it. */
  readonly name: string;
  /** What is counted, in the plural: pages, tasks. */
  readonly unit: string;
  /** Set if the counter is one of several. */
  readonly node?: number;
  readonly zone?: string;
  /** Set for a figure of a cgroup and those below it: its path, or / for all. */
  readonly cgroup?: string;
  readonly counted: number;
  /** The kernel's counter. */
  readonly kernel: number;
  readonly explained?: readonly Explanation[];
  readonly movement?: Movement | null;
}

/** A comparison as it stands in the JSON. */
export interface Check extends Omit<Comparison, 'explained' | 'movement'> {
  /** Reasons with a count other than 0. */
  readonly explained: readonly Explanation[];
  /** Set only if the verdict is `moving`. */
  readonly movement?: Movement;
  readonly verdict: Verdict;
}

/** Compares two figures: the difference left after all explanations must be 0 or within the movement. */
export function check({ explained = [], movement, ...figures }: Comparison): Check {
  const reasons = explained.filter(({ count }) => count !== 0);
  const rest = figures.counted - figures.kernel - reasons.reduce((sum, { count }) => sum + count, 0);
  if (rest === 0)
    return { ...figures, explained: reasons, verdict: reasons.length === 0 ? 'equal' : 'explained' };
  const moved = movement && Math.abs(rest) <= movement.upTo ? movement : null;
  if (moved) return { ...figures, explained: reasons, movement: moved, verdict: 'moving' };
  return { ...figures, explained: reasons, verdict: 'contradicted' };
}
