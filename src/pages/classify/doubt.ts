import { LARGEST_BLOCK } from '../../machine.ts';
import { FIRST_EXCLUDING, Rule } from './rules.ts';

/**
 * Pages behind struct pages that could not be read. Among those may have been the head of a free block or compound that
 * reaches over the pages that follow, and whose struct pages look like those of any page that nothing leaves out. So
 * such pages stay in doubt until one shows that no block of that kind reaches so far. Pages must come in ascending order.
 */
export class Doubt {
  readonly #blockPages: number;
  /** Pages below this pfn may lie in a free block: those are aligned to their size. */
  #freeUntil = 0;
  /** Whether tails that follow may be those of a compound whose head was not read. */
  #tails = false;

  /** @param orders how many orders of free blocks there are */
  constructor(orders: number) {
    this.#blockPages = Math.min(LARGEST_BLOCK, 2 ** Math.max(0, orders - 1));
  }

  get isActive(): boolean {
    return this.#tails || this.#freeUntil > 0;
  }

  /** The struct pages before `pfn` could not be read. */
  missed(pfn: number): void {
    this.#freeUntil = Math.ceil(pfn / this.#blockPages) * this.#blockPages;
    this.#tails = true;
  }

  /** Of the pages from `start` to `end`, all decided by one rule: up to which pfn they are in doubt. */
  until(rule: Rule, start: number, end: number): number {
    if (rule === Rule.tail) {
      this.#freeUntil = 0;
      return this.#tails ? end : start;
    }
    this.#tails = false;
    if (rule >= FIRST_EXCLUDING || rule === Rule.noStructPage) this.#freeUntil = 0;
    const until = Math.max(start, Math.min(end, this.#freeUntil));
    if (until >= this.#freeUntil) this.#freeUntil = 0;
    return until;
  }
}
