import type { PageKeys } from '../struct-pages/page-keys.ts';

/** PG_hwpoison is one of the five flags above PG_swapbacked in all kernels so far. Further up are numbers. */
const ABOVE = 0b11_1110;

/**
 * Whether a kernel whose VMCOREINFO has no PG_hwpoison has pages with such a flag. It may rightly lack the
 * key, without CONFIG_MEMORY_FAILURE. But of the flags above PG_swapbacked only PG_hwpoison is set on pages
 * that belong to the kernel for all that is known: those without page type and mapping, which no rule
 * excludes (enum pageflags: the others are set on pages that processes map).
 */
export class FlagsOfKernelPages {
  /** Whether the flags need to be looked at. */
  readonly isAsked: boolean;
  readonly #keys: PageKeys;
  readonly #swapbacked: number;
  #flags = 0;

  constructor(keys: PageKeys) {
    this.#keys = keys;
    this.#swapbacked = keys.swapMask & ~keys.swapcacheMask;
    this.isAsked = keys.hwpoisonMask === 0 && this.#swapbacked !== 0;
  }

  /** Looks at `count` pages that no rule excludes, the first of them at word `i`. */
  look(w: Int32Array, i: number, count: number): void {
    const { stride, flags, type, mapping } = this.#keys;
    for (let at = i; at < i + count * stride; at += stride) {
      if (w[at + type] === -1 && w[at + mapping] === 0 && w[at + mapping + 1] === 0)
        this.#flags |= w[at + flags] as number;
    }
  }

  get lookPoisoned(): boolean {
    return (this.#flags & (this.#swapbacked * ABOVE)) !== 0;
  }
}
