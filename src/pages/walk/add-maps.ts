/**
 * Adds up the pages by name of two parts of memory. Sorted by name, so that the order does not depend on
 * which part came first.
 */
export function addMaps<K extends string>(
  a: ReadonlyMap<K, number>,
  b: ReadonlyMap<K, number>,
): Map<K, number> {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return new Map(names.map((name) => [name, (a.get(name) ?? 0) + (b.get(name) ?? 0)]));
}
