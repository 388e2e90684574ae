import { compoundOrder } from '../struct-pages/compound-order.ts';
import { isImpossible } from '../struct-pages/impossible-page.ts';
import { PageFact, type PageFacts } from '../struct-pages/page-facts.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';

/** Facts of the head of a free block, which is not a compound. */
const FREE = PageFact.buddy | PageFact.unaccepted;

/**
 * Counts pages that contradict the head of the compound that they are in, or are in none: tails outside of
 * any compound, others than tails inside one, and the pages of compounds whose head no page can have. Memory
 * that is not damaged has none.
 */
export class Strays {
  pages = 0;
  /**
   * Whether the head is known of the compound that the next page may be in: it may be among struct pages that
   * were not read.
   */
  isKnown = false;
  /** The first pfn past the last compound whose tails are looked at. */
  compoundEnd = 0;
  readonly #keys: PageKeys;

  constructor(keys: PageKeys) {
    this.#keys = keys;
  }

  /** What follows may be in a compound whose head was not looked at. */
  forget(): void {
    this.isKnown = false;
  }

  /**
   * Pages that no head speaks for, from pfn `start` to `end`: tails, or others. Others matter only before
   * compoundEnd, or first.
   */
  look(areTails: boolean, start: number, end: number): void {
    if (this.isKnown) {
      const { compoundEnd } = this;
      this.pages += areTails
        ? Math.max(0, end - Math.max(start, compoundEnd))
        : Math.max(0, Math.min(end, compoundEnd) - start);
    } else if (!areTails) {
      this.isKnown = true;
      this.compoundEnd = 0;
    }
  }

  /**
   * The head of a compound at word `i`, which speaks for `spoken` pages.
   * @param rest how many struct pages were read from its own on
   */
  head(w: Int32Array, i: number, pfn: number, facts: PageFacts, spoken: number, rest: number): void {
    if (spoken > 1 && (facts & FREE) !== 0) return;
    const { tail } = this.#keys;
    const pages = 1 << compoundOrder(w, i, pfn, this.#keys);
    const isAnonymous = (facts & (PageFact.anonymous | PageFact.slab)) === PageFact.anonymous;
    if (spoken === 1) {
      this.isKnown = true;
      this.compoundEnd = pfn + (tail.mask === 0 ? 1 : pages);
    }
    if (isImpossible(w, i, isAnonymous, this.#keys)) this.pages += pages;
    else if (spoken > 1 && spoken <= rest && !this.#endsInTail(w, i, spoken)) this.pages++;
  }

  #endsInTail(w: Int32Array, i: number, pages: number): boolean {
    const { tail, stride } = this.#keys;
    return tail.mask === 0 || ((w[i + (pages - 1) * stride + tail.word] as number) & tail.mask) !== 0;
  }
}
