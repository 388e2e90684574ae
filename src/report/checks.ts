import type { Check, Explanation } from '../kernel/evidence/check.ts';
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
  return untold > 0 ? [...all.slice(0, TOLD), `and ${plural(untold, 'more contradiction')}`] : all;
}

function contradiction(check: Check): string {
  const { counted, kernel, unit } = check;
  const known = check.explained.length === 0 ? '' : ` (${reasonsOf(check)})`;
  return `${placeOfCheck(check)}: ${counted} ${unit} were counted, and the kernel has ${kernel}${known}: nothing explains ${Math.abs(unexplained(check))} of them`;
}

/** "node 1 Normal NR_FREE_PAGES": the counter, and whose it is. */
export function placeOfCheck({ name, node, zone }: Check): string {
  return [...(node === undefined ? [] : [`node ${node}`]), ...(zone === undefined ? [] : [zone]), name].join(
    ' ',
  );
}

/** How many of a difference nothing explains. */
export function unexplained({ counted, kernel, explained }: Check): number {
  return counted - kernel - explained.reduce((sum, { count }) => sum + count, 0);
}

/** What explains a difference, in words. One reason that is all of it needs no number of its own. */
export function reasonsOf(check: Check): string {
  const { explained, counted, kernel } = check;
  const only = explained.length === 1 && explained[0]?.count === counted - kernel;
  return explained.map((one) => (only ? one.by : `${signed(one)} ${one.by}`)).join(', ');
}

function signed({ count }: Explanation): string {
  return count > 0 ? `+${count}` : String(count);
}
