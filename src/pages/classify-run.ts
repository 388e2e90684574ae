import type { PageKeys } from './page-keys.ts';
import { decide, pagesDecided, Rule } from './rules.ts';

/** A block or compound page whose verdict reaches over the pages behind its head. */
export interface Cover {
  /** The pfn of the head. */
  head: number;
  /** The first pfn behind it. */
  until: number;
  rule: Rule;
}

/** Nothing covered yet. */
export function noCover(): Cover {
  return { head: 0, until: 0, rule: Rule.kernel };
}

/** Struct pages that lie one after the other. */
export interface Run {
  readonly words: Uint32Array;
  /** The pfn of the first. */
  readonly pfn: number;
  readonly count: number;
}

/** Told of each free block that begins in a run: its head's pfn, its pages, and the upper half of the head's flags. */
export type OnFree = (pfn: number, pages: number, flagsHigh: number) => void;

/**
 * Writes the rule of each page of a run into `verdicts`. A page inside a free block or a left-out compound is not looked
 * at: the head has spoken for it, over the ends of runs, sections and holes (so a fake head of an optimised hugetlb
 * page, 5.18 to 7.0, is never mistaken for one).
 */
export function classifyRun(
  run: Run,
  keys: PageKeys,
  cover: Cover,
  verdicts: Uint8Array,
  onFree: OnFree,
): void {
  const { words, pfn: first, count } = run;
  for (let n = 0; n < count; ) {
    const pfn = first + n;
    if (pfn < cover.until) {
      const end = Math.min(count, cover.until - first);
      verdicts.fill(cover.rule, n, end);
      n = end;
      continue;
    }
    const i = n * keys.stride;
    const rule = decide(words, i, keys);
    verdicts[n++] = rule;
    const pages = pagesDecided(words, i, pfn, rule, keys);
    if (rule === Rule.buddy || rule === Rule.unaccepted)
      onFree(pfn, pages, words[i + keys.flags + 1] as number);
    if (pages === 1) continue;
    cover.head = pfn;
    cover.until = pfn + pages;
    cover.rule = rule;
  }
}
