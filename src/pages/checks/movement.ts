import { milliseconds } from '../../bytes/clock.ts';
import type { Movement } from '../../kernel/evidence/check.ts';

/**
 * How often figures are looked at. What comes and goes between two looks is not seen, and each look costs
 * some reads.
 */
const LOOK_MS = 5;

/**
 * MAX_PAGE_ORDER is 10: a block of so many pages may be allocated, freed, split or merged just while it is
 * read, and is then counted as it was before or as it is after.
 */
const LARGEST_FREE_BLOCK = 2 ** 10;

/**
 * Follows figures of a running kernel while its memory is read. The count is of many moments, so it may
 * differ from a figure by as much as that figure moved, up and down, and by one block of pages.
 */
export class Movements {
  readonly #read: () => readonly number[];
  readonly #moved: number[];
  #last: readonly number[];
  #next: number;

  /** @param read returns the figures, always the same number of them */
  constructor(read: () => readonly number[]) {
    this.#read = read;
    this.#last = read();
    this.#moved = this.#last.map(() => 0);
    this.#next = milliseconds() + LOOK_MS;
  }

  /** Call this often: it looks only when it is time. */
  look(): void {
    if (milliseconds() >= this.#next) this.lookNow();
  }

  lookNow(): void {
    const now = this.#read();
    now.forEach((value, i) => {
      (this.#moved[i] as number) += Math.abs(value - (this.#last[i] ?? value));
    });
    this.#last = now;
    this.#next = milliseconds() + LOOK_MS;
  }

  /** How much the figures at these indexes may have moved. */
  of(indexes: readonly number[]): Movement {
    const moved = indexes.reduce((sum, i) => sum + (this.#moved[i] ?? 0), 0);
    return { by: 'memory moved meanwhile', upTo: moved + LARGEST_FREE_BLOCK };
  }
}
