const SHOWN = 3;
/** Limit of names kept for comparison: the wanted name may be part of a million names. */
const MOST_KEPT = 1000;
/** Longer than the name of any symbol, type or key: KSYM_NAME_LEN is 512. */
const LONGEST = 512;
/** Names that differ in more characters than this are not alike, however long they are. */
const MOST_EDITS = 4;

/** "did you mean a or b?" for a name that was not found; undefined if none of the names is similar. */
export function didYouMean(names: Iterable<string>, wanted: string): string | undefined {
  const near = nearNames(names, wanted);
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
}

/**
 * Returns the names that are similar to the wanted one, nearest first: those that contain it, and those that
 * differ by few characters. Upper and lower case count as equal.
 */
export function nearNames(names: Iterable<string>, wanted: string): string[] {
  if (wanted.length > LONGEST) return [];
  const text = wanted.toLowerCase();
  const most = Math.max(1, Math.min(MOST_EDITS, Math.floor(text.length / 4)));
  let near = new Map<string, number>();
  for (const name of names) {
    const distance = distanceTo(text, name, most);
    if (distance > most) continue;
    near.set(name, distance + Math.abs(name.length - text.length) / 100);
    if (near.size > MOST_KEPT) near = new Map(nearest(near));
  }
  return nearest(near).map(([name]) => name);
}

/** The edits between two names, or more than `most`. A name that contains the wanted one is one edit away. */
function distanceTo(wanted: string, name: string, most: number): number {
  if (name.length > LONGEST) return most + 1;
  const isPart = wanted.length > 2 && name.length > wanted.length;
  if (!isPart && Math.abs(name.length - wanted.length) > most) return most + 1;
  const lower = name.toLowerCase();
  if (isPart && lower.includes(wanted)) return 1;
  return Math.abs(name.length - wanted.length) > most ? most + 1 : edits(lower, wanted, most);
}

function nearest(near: ReadonlyMap<string, number>): [string, number][] {
  return [...near].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).slice(0, SHOWN);
}

/**
 * Returns the insertions, deletions, replacements and exchanges of neighbours that make one name of another,
 * or more than `most` if there are more. There may be a million names, so only what `most` edits can reach is
 * computed, up to the first row that is out of reach. fastest-levenshtein has no limit and no exchanges.
 */
function edits(a: string, b: string, most: number): number {
  let before = new Uint16Array(b.length + 2);
  let row = Uint16Array.from(before, (_, j) => j);
  let next = new Uint16Array(b.length + 2);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - most);
    const to = Math.min(b.length, i + most);
    let least = from === 1 ? i : most + 1;
    next[from - 1] = least;
    for (let j = from; j <= to; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchange = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchanged = isExchange ? at(before, j - 2) + 1 : replaced;
      next[j] = Math.min(replaced, exchanged, at(row, j) + 1, at(next, j - 1) + 1);
      least = Math.min(least, at(next, j));
    }
    next[to + 1] = most + 1;
    if (least > most) return most + 1;
    [before, row, next] = [row, next, before];
  }
  return at(row, b.length);
}

const at = (row: Uint16Array, index: number): number => row[index] as number;
