import type { PageKeys } from '../struct-pages/page-keys.ts';
import type { Part } from './classify-run.ts';
import { Rule } from './rules.ts';
import type { Stretches } from './stretches.ts';

/** PG_hwpoison is one of the five flags above PG_swapbacked in all kernels so far; further up stand numbers. */
const ABOVE = 0b11_1110;

/**
 * Whether a kernel whose VMCOREINFO has no PG_hwpoison has pages with such a flag. It may rightly lack the key, without
 * CONFIG_MEMORY_FAILURE. But of the flags above PG_swapbacked PG_hwpoison alone is one of pages that are the kernel's for all that is
 * known: those without page type and mapping, which no rule leaves out (enum pageflags: the others are of pages that processes map).
 */
export function looksPoisoned(part: Part, { ends, rules, length }: Stretches, keys: PageKeys): boolean {
  const swapbacked = keys.swapMask & ~keys.swapcacheMask;
  if (keys.hwpoisonMask !== 0 || swapbacked === 0) return false;
  let flags = 0;
  for (let k = 0, start = 0; k < length; k++) {
    const end = ends[k] as number;
    if (rules[k] === Rule.kernel) flags |= plainFlags(part, start, end, keys);
    start = end;
  }
  return (flags & (swapbacked * ABOVE)) !== 0;
}

/** The flags that any of the pages from `start` to `end` of the run has which lie in the part, and have no type and no mapping. */
function plainFlags(
  part: Part,
  start: number,
  end: number,
  { stride, flags, type, mapping }: PageKeys,
): number {
  const { words: w } = part;
  let all = 0;
  for (let n = Math.max(start, part.start); n < Math.min(end, part.end); n++) {
    const i = part.word + (n - part.start) * stride;
    if (w[i + type] === -1 && w[i + mapping] === 0 && w[i + mapping + 1] === 0) all |= w[i + flags] as number;
  }
  return all;
}
