import { saidIn } from '../../support/said.ts';
import { type Difference, differences, general } from './compare.ts';
import { type Figures, figuresOf } from './figures.ts';
import { KNOWN_GAPS, POSSIBLE_STATES } from './possible-states.ts';
import { reasonAmong } from './reasons.ts';

/** What a command did with a dump. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The outcome of a change, from the best to the worst. */
export const OUTCOMES = [
  'equal',
  /** The report says that it is not known, or at least this much, with status 0. */
  'unknown',
  /** Status 1 and a message. */
  'refused',
  /** Status 3: incomplete or contradicted. */
  'flagged',
  /** Status 3, but a figure that differs is printed as if it were certain. */
  'flagged, figure as certain',
  /** A figure differs; status 0, and a warning. */
  'warned',
  /** A figure differs, as it may: see possible-states.ts. */
  'possible state',
  /** A figure differs, and the program does not yet ask a witness of it: see possible-states.ts, too. */
  'known gap',
  /** A figure differs, and nothing says so. */
  'SILENT',
  'CRASH',
  'LIMIT',
] as const;
export type OutcomeKind = (typeof OUTCOMES)[number];

/** The outcome for one command. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** For a crash its message; for a possible state the reason. */
  readonly why?: string;
  readonly differences: readonly Difference[];
}

/** A command's report on the undamaged dump. */
export interface Undamaged {
  readonly ran: Ran;
  readonly figures: Figures;
}

/** Commands whose status 1 is an answer, if they print one. */
const ANSWERS = new Set(['translate', 'page']);

export function undamaged(command: string, ran: Ran): Undamaged {
  return { ran, figures: ran.stdout === '' ? new Map() : figuresOf(command, ran.stdout) };
}

/** Compares what a command says about a changed dump with what it says about the undamaged one. */
export function judge(
  command: string,
  before: Undamaged,
  after: Ran,
  changed: { readonly structure: string; readonly field: string },
): Outcome {
  const crash = /internal error.*|.*is a bug in kdump-inspect.*/.exec(after.stderr)?.[0];
  if (crash !== undefined) return { kind: 'CRASH', why: crash, differences: [] };
  const isAnswer = ANSWERS.has(command) && after.stdout !== '';
  if (after.status === 1 && !isAnswer) return { kind: 'refused', differences: [] };
  const found = differences(before.figures, figuresOf(command, after.stdout));
  const certain = found.filter(({ uncertain }) => !uncertain);
  const flagged = after.status === 3 && (before.ran.status !== 3 || newWarning(before.ran, after));
  if (flagged)
    return { kind: certain.length > 0 ? 'flagged, figure as certain' : 'flagged', differences: found };
  if (certain.length === 0) return { kind: found.length > 0 ? 'unknown' : 'equal', differences: found };
  if (newWarning(before.ran, after)) return { kind: 'warned', differences: found };
  const why = reasonAmong(POSSIBLE_STATES, changed, certain);
  if (why !== undefined) return { kind: 'possible state', why, differences: found };
  const gap = reasonAmong(KNOWN_GAPS, changed, certain);
  if (gap !== undefined) return { kind: 'known gap', why: gap, differences: found };
  return { kind: 'SILENT', differences: found };
}

function newWarning(before: Ran, after: Ran): boolean {
  const warnings = (ran: Ran) =>
    saidIn(ran)
      .split('\n')
      .filter((line) => line.includes('warning: '));
  const known = new Set(warnings(before));
  return warnings(after).some((warning) => !known.has(warning));
}

/** The worst of several outcomes. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  const rank = ({ kind }: Outcome) => OUTCOMES.indexOf(kind);
  return outcomes.reduce((a, b) => (rank(b) > rank(a) ? b : a), { kind: 'equal', differences: [] });
}

/** Some of the figures that differ and are printed as certain, without the names of elements. */
export function figuresThatDiffer({ differences: found }: Outcome, most = 6): string[] {
  const paths = found.filter(({ uncertain }) => !uncertain).map(({ path }) => general(path));
  return [...new Set(paths)].slice(0, most);
}
