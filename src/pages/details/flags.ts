import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { PageUse } from '../attribution/page-uses.ts';

/** Second meanings of flags (include/linux/page-flags.h), by the use of the pages that have them. */
const MEANINGS: Partial<Record<PageUse, readonly string[]>> = {
  anonymous: ['PG_swapcache', 'PG_anon_exclusive'],
  shmem: ['PG_swapcache'],
  swapCache: ['PG_swapcache'],
  fileCache: ['PG_mappedtodisk', 'PG_fscache'],
  free: ['PG_reported'],
};

/**
 * The names of the flags that are set, by the kernel's own enumeration: the bits of each depend on the
 * version and the configuration. A bit with several names gets the one that fits the use. undefined where BTF
 * has no such enumeration.
 */
export function pageFlagNames(typed: TypedKernel, flags: bigint, use: PageUse): string[] | undefined {
  // Newer kernels (7.3) have special names for the flags of a slab.
  const own = use === 'slab' ? (typed.types.enumeration('slab_flags') ?? []) : [];
  return namesOf(typed, flags, MEANINGS[use] ?? [], own);
}

/**
 * What the flags of a compound's first tail mean since 6.6, where they are those of the folio
 * (FOLIO_SECOND_PAGE).
 */
const FOLIO_FLAGS = ['PG_hugetlb', 'PG_has_hwpoisoned', 'PG_large_rmappable', 'PG_partially_mapped'];
/** The low byte of these flags is the order (ebc1baf5c9b4, Linux 6.6: folio_order). */
const ORDER = 0xffn;

/**
 * The order and the flags of a folio, from the flags of its first tail. No names where BTF lacks the
 * enumeration.
 */
export function folioFlags(
  typed: TypedKernel,
  flags: bigint,
): { readonly flagsOrder: number; readonly flagNames: string[] } {
  return {
    flagsOrder: Number(flags & ORDER),
    flagNames: namesOf(typed, flags & ~ORDER, FOLIO_FLAGS) ?? [],
  };
}

/** @param preferred which of several names of one bit to take @param own names that replace others */
function namesOf(
  { types }: TypedKernel,
  flags: bigint,
  preferred: readonly string[],
  own: NonNullable<ReturnType<TypedKernel['types']['enumeration']>> = [],
): string[] | undefined {
  const all = types.enumeration('pageflags');
  const end = all?.find(({ name }) => name === '__NR_PAGEFLAGS')?.value;
  if (!all || end === undefined) return undefined;
  const names = new Map<bigint, string>();
  for (const { name, value } of all) if (!names.has(value)) names.set(value, name);
  for (const { name, value } of all) if (preferred.includes(name)) names.set(value, name);
  for (const { name, value } of own) names.set(value, name);
  return [...names]
    .filter(([bit, name]) => bit < end && name !== '__NR_PAGEFLAGS' && ((flags >> bit) & 1n) === 1n)
    .sort(([a], [b]) => Number(a - b))
    .map(([, name]) => name);
}
