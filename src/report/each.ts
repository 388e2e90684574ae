/** Makes an iterable from what makes an iterator: for rows that are made each time they are gone through. */
export function each<T>(make: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: make };
}

/** Counts items by going through them. */
export function countEach(all: Iterable<unknown>): number {
  let count = 0;
  for (const _ of all) count++;
  return count;
}
