import type { Check, Explanation } from '../kernel/evidence/check.ts';
import type { Terminal } from './terminal.ts';
import { plural } from './units.ts';

/** What a report says of its figures beside the kernel's. */
export interface Checked {
  /** Whether no figure is contradicted. */
  readonly consistent: boolean;
  readonly checks: readonly Check[];
}

/** The fields of a report that holds figures against the kernel's; their sentences are `contradictions`. */
export function checked(checks: readonly Check[]): Checked {
  return { consistent: checks.every(({ verdict }) => verdict !== 'contradicted'), checks };
}

/** More of them are counted and not told one by one; `checks` has them all. */
const TOLD = 20;

/** A sentence for each figure that is contradicted. */
export function contradictions(checks: readonly Check[]): string[] {
  const all = checks.filter(({ verdict }) => verdict === 'contradicted').map(contradiction);
  const untold = all.length - TOLD;
  return untold > 0 ? [...all.slice(0, TOLD), `and ${plural(untold, 'contradiction')} more`] : all;
}

function contradiction(check: Check): string {
  const { counted, kernel, unit } = check;
  const known = check.explained.length === 0 ? '' : ` (${reasons(check)})`;
  return `${placed(check)}: ${counted} ${unit} were counted, and the kernel has ${kernel}${known}: nothing explains ${Math.abs(unexplained(check))} of them`;
}

/** "node 1 Normal NR_FREE_PAGES": the counter, and whose it is. */
function placed({ name, node, zone }: Check): string {
  return [...(node === undefined ? [] : [`node ${node}`]), ...(zone === undefined ? [] : [zone]), name].join(
    ' ',
  );
}

function unexplained({ counted, kernel, explained }: Check): number {
  return counted - kernel - explained.reduce((sum, { count }) => sum + count, 0);
}

/** A check as a line of text: the counter, what the kernel has, and the verdict with its reason. */
export function checkLine(check: Check): string {
  const { counted, kernel } = check;
  const figure = check.unit === 'pages' ? kernel : `${kernel} ${check.unit}`;
  return `${placed(check)} ${figure}: ${counted === kernel ? sameText(check) : `${differenceOf(check)}${verdictText(check)}`}`;
}

/** Equal figures may hide a difference, where it should be there and is not. */
function sameText(check: Check): string {
  return check.verdict === 'equal' ? 'the same' : `the same${verdictText(check)}`;
}

function differenceOf({ counted, kernel }: Check): string {
  const more = counted - kernel;
  return more > 0 ? `${more} more were found` : `${-more} fewer were found`;
}

/** What is shown in red. */
const CONTRADICTED = 'CONTRADICTED';

/** Lines of checks, wrapped, in the colours of a terminal. */
export function inColors(text: string, { alarm }: Terminal): string {
  return text.replaceAll(CONTRADICTED, alarm(CONTRADICTED));
}

/** The reasons for a difference, and whether they are all of it. */
export function verdictText(check: Check): string {
  const { verdict, explained, movement } = check;
  const known = explained.length === 0 ? '' : `, ${reasons(check)}`;
  if (verdict === 'explained') return known;
  if (verdict === 'moving') return `${known}, ${movement?.by} (up to ${movement?.upTo})`;
  return `${known}: ${CONTRADICTED}, nothing explains ${Math.abs(unexplained(check))} of them`;
}

/** One reason that is all of the difference needs no number of its own. */
function reasons(check: Check): string {
  const { explained, counted, kernel } = check;
  const only = explained.length === 1 && explained[0]?.count === counted - kernel;
  return explained.map((one) => (only ? one.by : `${signed(one)} ${one.by}`)).join(', ');
}

function signed({ count }: Explanation): string {
  return count > 0 ? `+${count}` : String(count);
}
