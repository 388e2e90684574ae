import { milliseconds } from '../../bytes/clock.ts';
import type { Movement } from '../../kernel/evidence/check.ts';

/** How often figures are looked at: what comes and goes between two looks is not seen, and each costs some reads. */
const LOOK_MS = 5;

/**
 * MAX_PAGE_ORDER is 10: a block of so many pages may be taken, given back, split or joined just where it is read, and what is
 * counted of it is then of before or of after.
 */
const LARGEST_FREE_BLOCK = 2 ** 10;

/**
 * Follows figures of a running kernel while its memory is read. What was counted there is of many moments, so it may differ from each
 * figure by as much as that one moved, up and down, and by one block of pages.
 */
export class Movements {
  readonly #read: () => readonly number[];
  readonly #moved: number[];
  #last: readonly number[];
  #next: number;

  /** @param read the figures, always as many */
  constructor(read: () => readonly number[]) {
    this.#read = read;
    this.#last = read();
    this.#moved = this.#last.map(() => 0);
    this.#next = milliseconds() + LOOK_MS;
  }

  /** To be called again and again; looks only when it is time. */
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

  /** What may have moved of the figures at these indexes. */
  of(indexes: readonly number[]): Movement {
    const moved = indexes.reduce((sum, i) => sum + (this.#moved[i] ?? 0), 0);
    return { by: 'memory moved meanwhile', upTo: moved + LARGEST_FREE_BLOCK };
  }
}
