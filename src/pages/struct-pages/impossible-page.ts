import type { PageKeys } from './page-keys.ts';

/** The top byte of every kernel address. */
const KERNEL = 0xff;

/**
 * Whether the struct page at word `i`, which is not that of a tail, is one that no page can have: mapped
 * without a reference, though every mapping holds one (an unmapped page has _mapcount -1, or a page type,
 * which is negative, too), or anonymous without a pointer to its anon_vma.
 * @param anonymous whether the page is anonymous, by bit 0 of its mapping
 */
export function isImpossible(w: Int32Array, i: number, anonymous: boolean, keys: PageKeys): boolean {
  if ((w[i + keys.type] as number) >= 0 && w[i + keys.refcount] === 0) return true;
  return anonymous && (w[i + keys.mapping + 1] as number) >>> 24 !== KERNEL;
}
