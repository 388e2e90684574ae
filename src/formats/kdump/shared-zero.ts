import { Lru } from '../../bytes/lru.ts';
import type { Descriptors } from './descriptors.ts';
import type { PageData } from './page-data.ts';

interface Verdict {
  readonly size: number;
  readonly flags: number;
  readonly isZero: boolean;
}

/** Verdicts kept. Writers share one page, that of zeros; more are looked at in turn when pages are read out of order. */
const KEPT = 64;

/**
 * Recognises the page of zeros that makedumpfile (pd_zero) and QEMU write once, near the start of the data, and let the
 * descriptors of all such pages point to. That many share it proves nothing: it is decoded once.
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
   * Whether the located page is known to be zero. Only one whose data lie at or before those of the page that was asked
   * for last can share them, so that other pages are not decoded for this.
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
