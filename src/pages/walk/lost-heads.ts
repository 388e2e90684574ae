import { LARGEST_BLOCK } from '../../machine.ts';
import { Evidence } from './judge.ts';

/**
 * Free blocks and compounds whose heads may be among struct pages that cannot be read. Their other pages
 * follow, and the struct pages of these look like those of any page of the kernel. So what such pages are is
 * not known until one of them shows that no lost block reaches so far. Pages must come in ascending order.
 */
export class LostHeads {
  /** Pages of the largest free block. Free blocks are aligned to their size. */
  readonly #blockPages: number;
  /** Whether there may be any. */
  mayBe = false;
  /** Pages below this pfn may lie in a free block. */
  #freeUntil = 0;
  /** Whether tails that follow may be those of a compound whose head was not read. */
  #tails = false;

  /** @param orders how many orders of free blocks there are */
  constructor(orders: number) {
    this.#blockPages = Math.min(LARGEST_BLOCK, 2 ** Math.max(0, orders - 1));
  }

  /** The struct pages before `pfn` cannot be read. */
  missed(pfn: number): void {
    this.#freeUntil = Math.ceil(pfn / this.#blockPages) * this.#blockPages;
    this.#tails = true;
    this.mayBe = true;
  }

  /** No lost block reaches as far as the next page. */
  end(): void {
    this.#freeUntil = 0;
    this.#tails = false;
    this.mayBe = false;
  }

  /** Whether a page that proves this may belong to such a block. */
  mayHave(pfn: number, evidence: Evidence): boolean {
    if (evidence === Evidence.tail) this.#freeUntil = 0;
    else this.#tails = false;
    const may = this.#tails || (evidence === Evidence.none && pfn < this.#freeUntil);
    if (!may) this.end();
    return may;
  }
}
