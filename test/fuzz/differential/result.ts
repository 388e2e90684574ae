import type { OutcomeKind } from './outcome.ts';

/** A line of the state file: a change and its outcome. */
export interface ChangeResult {
  readonly index: number;
  readonly base: string;
  /** A name from kinds.ts. */
  readonly kind: string;
  readonly structure: string;
  readonly field: string;
  readonly mode: string;
  readonly outcome: OutcomeKind;
  /** The command with this outcome, which is the worst of all. */
  readonly command?: string;
  /** Figures that differ, without the names of elements. */
  readonly figures?: readonly string[];
  readonly why?: string;
  /** Processor time, in milliseconds. */
  readonly ms: number;
}
