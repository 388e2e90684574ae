import { Lru } from '../../bytes/lru.ts';
import type { Descriptors } from './descriptors.ts';
import type { PageData } from './page-data.ts';

interface Verdict {
  readonly size: number;
  readonly flags: number;
  readonly isZero: boolean;
}

/** Verdicts kept. Only the page of zeros is shared, but reads out of order look at more pages. */
const KEPT = 64;

/**
 * Recognises the page of zeros. makedumpfile (pd_zero) and QEMU write it once, near the start of the data,
 * and let the descriptors of all such pages point to it. That pages share their data proves nothing, so it is
 * decoded once.
 */
export class SharedZero {
  readonly #data: PageData;
  readonly #verdicts = new Lru<number, Verdict>(KEPT);
  #last = 0;
  #zero = { offset: -1, size: 0, flags: 0 };

  constructor(data: PageData) {
    this.#data = data;
  }

  /**
   * Whether the located page is known to be zero. A page can share its data only if they lie at or before
   * those of the page that was asked for last; no other page is decoded for this.
   */
  has(at: Descriptors): boolean {
    const { offset, size, flags } = at;
    const zero = this.#zero;
    if (offset === zero.offset && size === zero.size && flags === zero.flags) return true;
    const backwards = offset <= this.#last;
    this.#last = offset;
    if (!backwards) return false;
    const verdict = this.#verdicts.get(offset, () => ({ size, flags, isZero: this.#data.isZero(at) }));
    const isZero = verdict.isZero && verdict.size === size && verdict.flags === flags;
    if (isZero) this.#zero = { offset, size, flags };
    return isZero;
  }
}
