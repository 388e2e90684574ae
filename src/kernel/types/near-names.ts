import type { Btf } from '../btf/btf.ts';

const SHOWN = 3;
/** Limit of names kept for comparison: the wanted name may be part of a million names. */
const MOST_KEPT = 1000;

/** Returns names of types that are similar to the wanted one, nearest first. */
export function nearNames(btf: Btf, wanted: string): string[] {
  const most = Math.max(1, Math.floor(wanted.length / 4));
  let near = new Map<string, number>();
  for (const name of btf.names()) {
    if (Math.abs(name.length - wanted.length) > most && !name.includes(wanted)) continue;
    const distance = name.includes(wanted) && wanted.length > 2 ? 1 : editDistance(name, wanted, most);
    if (distance > most) continue;
    near.set(name, distance + Math.abs(name.length - wanted.length) / 100);
    if (near.size > MOST_KEPT) near = new Map(nearest(near));
  }
  return nearest(near).map(([name]) => name);
}

function nearest(near: ReadonlyMap<string, number>): [string, number][] {
  return [...near].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).slice(0, SHOWN);
}

/**
 * Returns the edits (insertions, deletions, replacements) between two names, or more than `most` if there are
 * more.
 */
function editDistance(a: string, b: string, most: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    if (next.every((distance) => distance > most)) return most + 1;
    row = next;
  }
  return row[b.length] as number;
}
