/** Adds up the pages that two parts of memory have by name, in the order of the names: it must not depend on which part came first. */
export function addMaps<K extends string>(
  a: ReadonlyMap<K, number>,
  b: ReadonlyMap<K, number>,
): Map<K, number> {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return new Map(names.map((name) => [name, (a.get(name) ?? 0) + (b.get(name) ?? 0)]));
}
