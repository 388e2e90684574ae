import type { Btf } from '../btf/btf.ts';

const SHOWN = 3;

/** Names of types that are almost the one that was asked for, the nearest first. */
export function nearNames(btf: Btf, wanted: string): string[] {
  const most = Math.max(1, Math.floor(wanted.length / 4));
  const near = new Map<string, number>();
  for (const name of btf.names()) {
    if (Math.abs(name.length - wanted.length) > most && !name.includes(wanted)) continue;
    const distance = name.includes(wanted) && wanted.length > 2 ? 1 : editDistance(name, wanted, most);
    if (distance <= most) near.set(name, distance + Math.abs(name.length - wanted.length) / 100);
  }
  const ordered = [...near].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return ordered.slice(0, SHOWN).map(([name]) => name);
}

/** Insertions, deletions and replacements that make one of the other; more than `most` where it is more. */
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
