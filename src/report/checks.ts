import type { Check, Explanation } from '../kernel/evidence/check.ts';
import { plural } from './units.ts';

/** The fields of a report that compares its figures with the kernel's own. */
export interface CheckedFigures {
  /** Whether no figure is contradicted. */
  readonly consistent: boolean;
  readonly checks: readonly Check[];
}

/** Returns these fields. The warnings that go with them are `contradictions`. */
export function checkedFigures(checks: readonly Check[]): CheckedFigures {
  return { consistent: checks.every(({ verdict }) => verdict !== 'contradicted'), checks };
}

/** Contradictions past this number are only counted; `checks` has all of them. */
const LISTED = 20;

/** Returns a sentence for each figure that is contradicted. */
export function contradictions(checks: readonly Check[]): string[] {
  const all = checks.filter(({ verdict }) => verdict === 'contradicted').map(contradiction);
  const unlisted = all.length - LISTED;
  return unlisted > 0 ? [...all.slice(0, LISTED), `and ${plural(unlisted, 'more contradiction')}`] : all;
}

function contradiction(check: Check): string {
  const { counted, kernel, unit } = check;
  const known = check.explained.length === 0 ? '' : ` (${reasonsOf(check)})`;
  return `${placeOfCheck(check)}: ${counted} ${unit} were counted, but the kernel has ${kernel}${known}: nothing explains ${Math.abs(unexplained(check))} of them`;
}

/** Names a counter: "node 1 Normal NR_FREE_PAGES", "cgroup /web anon". */
export function placeOfCheck({ name, node, zone, cgroup }: Check): string {
  const of = [
    node === undefined ? '' : `node ${node}`,
    zone ?? '',
    cgroup === undefined ? '' : `cgroup ${cgroup}`,
  ];
  return [...of.filter((part) => part !== ''), name].join(' ');
}

/** Returns the part of a difference that nothing explains. */
export function unexplained({ counted, kernel, explained }: Check): number {
  return counted - kernel - explained.reduce((sum, { count }) => sum + count, 0);
}

/** Lists what explains a difference. A single reason that explains all of it needs no number. */
export function reasonsOf(check: Check): string {
  const { explained, counted, kernel } = check;
  const only = explained.length === 1 && explained[0]?.count === counted - kernel;
  return explained.map((one) => (only ? one.by : `${signed(one)} ${one.by}`)).join(', ');
}

function signed({ count }: Explanation): string {
  return count > 0 ? `+${count}` : String(count);
}
