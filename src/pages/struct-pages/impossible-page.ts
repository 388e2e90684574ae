import type { PageKeys } from './page-keys.ts';

/** Addresses of the kernel have this in their top byte. */
const KERNEL = 0xff;

/**
 * Whether the struct page at word `i`, of a page that is no tail, can be that of none: mapped without a reference, which every mapping
 * holds (an unmapped page has _mapcount -1, others a page type, which is negative, too), or anonymous without a pointer to its anon_vma.
 * @param anonymous whether it is an anonymous one, by bit 0 of its mapping
 */
export function isImpossible(w: Int32Array, i: number, anonymous: boolean, keys: PageKeys): boolean {
  if ((w[i + keys.type] as number) >= 0 && w[i + keys.refcount] === 0) return true;
  return anonymous && (w[i + keys.mapping + 1] as number) >>> 24 !== KERNEL;
}
