/** vmemmap_base is aligned to what a PUD maps, even with KASLR (arch/x86/mm/kaslr.c). */
const ALIGNED = (1n << 30n) - 1n;
/** Number of sections that vote: a damaged one is outvoted by two others. */
const VOTERS = 8;

/**
 * Returns the address of struct page 0 that all sections share with SPARSEMEM_VMEMMAP, by a vote of the first
 * ones, or null if they do not share one: without the vmemmap each section has its own map.
 */
export function sharedBase(bases: Iterable<bigint>): bigint | null {
  const votes = new Map<bigint, number>();
  let count = 0;
  for (const base of bases) {
    votes.set(base, (votes.get(base) ?? 0) + 1);
    if (++count === VOTERS) break;
  }
  const [first] = [...votes].sort((a, b) => b[1] - a[1]);
  return first !== undefined && first[1] > 1 && (first[0] & ALIGNED) === 0n ? first[0] : null;
}
