/**
 * A figure that was counted in the memory of a kernel, held against what that kernel kept of it: a second witness. Where
 * the two differ, only what was itself counted in the same memory explains it.
 */

/** How the two stand to each other; a figure that is contradicted is not to be trusted. */
export type Verdict = 'equal' | 'explained' | 'moving' | 'contradicted';

/** A reason for a difference, counted in the memory itself. */
export interface Explanation {
  /** What it is, so that "12 more were counted: BY" reads well. */
  readonly by: string;
  /** How many more were counted because of it than the kernel has; negative for fewer. */
  readonly count: number;
}

/** What may have changed between two looks at the same thing, and by how much at the most. */
export interface Movement {
  readonly by: string;
  readonly upTo: number;
}

/** The two figures, and what is known of their difference. */
export interface Comparison {
  /** The counter, as the kernel names it. */
  readonly name: string;
  /** What is counted, in the plural: pages, tasks. */
  readonly unit: string;
  /** Where the counter is one of several. */
  readonly node?: number;
  readonly zone?: string;
  readonly counted: number;
  /** What the kernel says. */
  readonly kernel: number;
  readonly explained?: readonly Explanation[];
  readonly movement?: Movement | null;
}

/** The document of a comparison in JSON. */
export interface Check extends Omit<Comparison, 'explained' | 'movement'> {
  /** Only reasons that are there: none of 0. */
  readonly explained: readonly Explanation[];
  /** Only where the verdict is `moving`. */
  readonly movement?: Movement;
  readonly verdict: Verdict;
}

/** Compares two figures: what no explanation accounts for must be 0, or not more than what may have moved. */
export function check({ explained = [], movement, ...figures }: Comparison): Check {
  const reasons = explained.filter(({ count }) => count !== 0);
  const rest = figures.counted - figures.kernel - reasons.reduce((sum, { count }) => sum + count, 0);
  if (rest === 0)
    return { ...figures, explained: reasons, verdict: reasons.length === 0 ? 'equal' : 'explained' };
  const moved = movement && Math.abs(rest) <= movement.upTo ? movement : null;
  if (moved) return { ...figures, explained: reasons, movement: moved, verdict: 'moving' };
  return { ...figures, explained: reasons, verdict: 'contradicted' };
}
