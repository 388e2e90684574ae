import type { PageKeys } from './page-keys.ts';

/** The largest compound of x86_64: 1 GiB (PUD_ORDER). */
const MAX_COMPOUND_ORDER = 18;

/**
 * The order of the compound whose head is the page at word `i`; 0 for any other page. Computed with 32-bit
 * integers, as in tellFacts.
 */
export function compoundOrder(w: Int32Array, i: number, pfn: number, k: PageKeys): number {
  const order = ((w[i + k.order.word] as number) >>> k.order.shift) & k.order.mask;
  const isHead = ((w[i + k.flags] as number) & k.headMask) === 0 ? 0 : -1;
  const notAligned = pfn & ((1 << order) - 1);
  const tooLarge = (MAX_COMPOUND_ORDER - order) >> 31;
  return (notAligned | tooLarge) === 0 ? order & isHead : 0;
}
