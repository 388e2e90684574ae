import type { OutcomeKind } from './outcome.ts';

/** A line of the state file: a change, and what came of it. */
export interface ChangeResult {
  readonly index: number;
  readonly base: string;
  /** As in kinds.ts. */
  readonly kind: string;
  readonly structure: string;
  readonly field: string;
  readonly mode: string;
  readonly outcome: OutcomeKind;
  /** The command whose outcome it is, the worst of all. */
  readonly command?: string;
  /** Figures that differ, without the names of elements. */
  readonly figures?: readonly string[];
  readonly why?: string;
  /** Processor time, milliseconds. */
  readonly ms: number;
}
