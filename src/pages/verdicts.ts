import type { Range } from '../bytes/ranges.ts';
import { type Cover, classifyRun, noCover, type OnFree } from './classify-run.ts';
import type { PageKeys } from './page-keys.ts';
import { Rule } from './rules.ts';
import { RUN_PAGES, type StructPages } from './struct-pages.ts';

/** Reads struct pages run by run and says which rule decides each page; runs must come in ascending order. */
export class Verdicts {
  /** The last block or compound whose head spoke for the pages behind it. */
  readonly cover: Cover = noCover();
  readonly #structPages: StructPages;
  readonly #keys: PageKeys;
  readonly #onFree: OnFree;
  readonly #rules = new Uint8Array(RUN_PAGES);

  constructor(structPages: StructPages, keys: PageKeys, onFree: OnFree = () => {}) {
    this.#structPages = structPages;
    this.#keys = keys;
    this.#onFree = onFree;
  }

  /** The rules of `count` pages of one section from `pfn` on, a byte a page; overwritten by the next call. */
  of(pfn: number, count: number): Uint8Array {
    const rules = this.#rules.subarray(0, count);
    const read = this.#structPages.readRun(pfn, count);
    if (read.absent) return rules.fill(Rule.noStructPage);
    let at = pfn;
    for (const gap of [...read.unreadable, { start: pfn + count, end: pfn + count }]) {
      if (gap.start > at) this.#classify(pfn, { start: at, end: gap.start });
      this.#rules.fill(Rule.unreadable, gap.start - pfn, gap.end - pfn);
      at = gap.end;
    }
    return rules;
  }

  /** Classifies a part of the run that begins at `first`. */
  #classify(first: number, { start, end }: Range): void {
    const words = this.#structPages.words.subarray((start - first) * this.#keys.stride);
    const rules = this.#rules.subarray(start - first, end - first);
    classifyRun({ words, pfn: start, count: end - start }, this.#keys, this.cover, rules, this.#onFree);
  }
}
