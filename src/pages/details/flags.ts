import type { TypedKernel } from '../../kernel/typed-kernel.ts';
import type { PageUse } from '../page-uses.ts';

/** Second meanings of flags (include/linux/page-flags.h), by the use of the pages that have them. */
const MEANINGS: Partial<Record<PageUse, readonly string[]>> = {
  anonymous: ['PG_swapcache', 'PG_anon_exclusive'],
  shmem: ['PG_swapcache'],
  swapCache: ['PG_swapcache'],
  fileCache: ['PG_mappedtodisk', 'PG_fscache'],
  free: ['PG_reported'],
};

/**
 * The names of the flags that are set, by the kernel's own enumeration: the bits of each depend on the version and the
 * configuration. A bit with several names gets the one that fits the use. undefined where BTF has no such enumeration.
 */
export function flagNames({ types }: TypedKernel, flags: bigint, use: PageUse): string[] | undefined {
  const all = types.enumeration('pageflags');
  const end = all?.find(({ name }) => name === '__NR_PAGEFLAGS')?.value;
  if (!all || end === undefined) return undefined;
  const names = new Map<bigint, string>();
  for (const { name, value } of all) if (!names.has(value)) names.set(value, name);
  for (const { name, value } of all) if (MEANINGS[use]?.includes(name)) names.set(value, name);
  // In newer kernels (7.3) the flags of a slab have names of their own.
  if (use === 'slab')
    for (const { name, value } of types.enumeration('slab_flags') ?? []) names.set(value, name);
  return [...names]
    .filter(([bit, name]) => bit < end && name !== '__NR_PAGEFLAGS' && ((flags >> bit) & 1n) === 1n)
    .sort(([a], [b]) => Number(a - b))
    .map(([, name]) => name);
}
