/**
 * How many pages there are; null where that is not known. Then `atLeast` says how many were found, where that
 * is a least value.
 */
export interface PageCount {
  readonly pages: number | null;
  readonly atLeast?: number;
}

/** Pages that were counted: all of them, or at least so many. */
export function counted(pages: number, exact: boolean): PageCount {
  return exact ? { pages } : { pages: null, atLeast: pages };
}

/** Nothing is known, not even a least value. */
export const UNKNOWN_COUNT: PageCount = { pages: null };

/** The sum of counts; null where one of them is null. */
export function sumOf(counts: readonly PageCount[]): number | null {
  return counts.reduce<number | null>(
    (sum, { pages }) => (sum === null || pages === null ? null : sum + pages),
    0,
  );
}
