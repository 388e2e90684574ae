import type { TextCandidate } from '../../formats/image/image.ts';
import { hex } from '../../hex.ts';
import type { ProvenKernel } from './kernel-proof.ts';

/** How many candidates besides the chosen one are listed individually. */
export const LISTED = 3;

/** A text in memory that begins like VMCOREINFO. */
export interface Text {
  readonly text: string;
  /** Whether zeros follow its end; otherwise it is cut, like a remnant in a reused buffer. */
  readonly whole: boolean;
}

/** The first copy of a text, and the result of its test: the kernel, or why there is none. */
export interface TestedText extends Text {
  /** Physical address in bytes; null for a note of the dump. */
  readonly address: number | null;
  /** Where it was found. */
  readonly source: string;
  readonly outcome: ProvenKernel | string;
}

/** A note of the dump that is not a VMCOREINFO. */
export interface Refused extends TextCandidate {
  readonly verdict: 'unavailable' | 'refuted';
}

/** A text whose kernel is in memory. */
export interface ProvenText extends TestedText {
  readonly outcome: ProvenKernel;
}

export function describeText({ text, address }: TestedText): string {
  const where = address === null ? 'in the note' : `at physical ${hex(address)}`;
  return `${text.slice(0, text.indexOf('\n'))} ${where}`;
}

export function listOf(others: readonly TestedText[], best?: ProvenText): string {
  if (others.length === 0) return '';
  const listed = others.slice(0, LISTED).map((c) => `${placeOf(c)}: ${verdictOnText(c, best)}`);
  const more = others.length > LISTED ? `; and ${others.length - LISTED} more` : '';
  const count = best ? `1 of ${others.length + 1} candidates; the others: ` : '';
  return ` (${count}${listed.join('; ')}${more})`;
}

function placeOf({ address }: TestedText): string {
  return address === null ? 'the note' : hex(address);
}

export function verdictOnText({ outcome }: TestedText, best: ProvenText | undefined): string {
  if (typeof outcome === 'string') return outcome;
  if (outcome.flaw !== undefined) return outcome.flaw;
  if (outcome.identity === best?.outcome.identity) return 'the same kernel';
  return `another kernel, which ${outcome.cpus} CPUs were running`;
}
