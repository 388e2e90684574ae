/** How many pages there are; null where that cannot be told, and then how many were found, where that is a least value. */
export interface PageCount {
  readonly pages: number | null;
  readonly atLeast?: number;
}

/** Pages that were counted: all of them, or those that could be seen. */
export function counted(pages: number, exact: boolean): PageCount {
  return exact ? { pages } : { pages: null, atLeast: pages };
}

/** Nothing is known, or what was found says nothing of what there is. */
export const UNKNOWN_COUNT: PageCount = { pages: null };

/** The sum of counts; null where one of them is. */
export function sumOf(counts: readonly PageCount[]): number | null {
  return counts.reduce<number | null>(
    (sum, { pages }) => (sum === null || pages === null ? null : sum + pages),
    0,
  );
}
