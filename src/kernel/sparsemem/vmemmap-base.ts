/** vmemmap_base is aligned to what a PUD maps, with KASLR too (arch/x86/mm/kaslr.c). */
const ALIGNED = (1n << 30n) - 1n;
/** Sections that are asked: one that is damaged is outvoted by two others. */
const ASKED = 8;

/**
 * The address of struct page 0 that all sections of a kernel with SPARSEMEM_VMEMMAP give, by most of the first ones; null where these
 * do not show that it has the vmemmap: without it each section has a map of its own.
 */
export function sharedBase(bases: Iterable<bigint>): bigint | null {
  const votes = new Map<bigint, number>();
  let asked = 0;
  for (const base of bases) {
    votes.set(base, (votes.get(base) ?? 0) + 1);
    if (++asked === ASKED) break;
  }
  const [first] = [...votes].sort((a, b) => b[1] - a[1]);
  return first !== undefined && first[1] > 1 && (first[0] & ALIGNED) === 0n ? first[0] : null;
}
