import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { CGROUP_POINTER_MASK, type CgroupKeys } from '../attribution/cgroup-keys.ts';
import { type PageKeys, pageKeys } from '../struct-pages/page-keys.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';

/** What single pages are charged to, by their virtual address. */
export class PageCharges {
  readonly #typed: TypedKernel;
  readonly #pages: StructPages;
  readonly #keys: PageKeys;
  readonly #word: number;

  /** @throws InspectError as StructPages */
  constructor(typed: TypedKernel, { word }: CgroupKeys) {
    this.#typed = typed;
    this.#pages = new StructPages(typed.kernel);
    this.#keys = pageKeys(typed.kernel.info);
    this.#word = word;
  }

  /** Returns the address that the page at an address names; 0n for none. @throws InspectError */
  of(address: bigint): bigint {
    return this.#read(address, 1) ? this.#pointer(0) : 0n;
  }

  /**
   * The same, and whether the next page can have been allocated with this one: it has no reference of its own,
   * names nothing, and is no tail of a compound.
   * @throws InspectError
   */
  withNext(address: bigint): { readonly of: bigint; readonly isPair: boolean } {
    const { stride, flags, headMask, refcount } = this.#keys;
    if (!this.#read(address, 2)) return { of: 0n, isPair: false };
    const w = this.#pages.words;
    const isCompound = ((w[flags] as number) & headMask) !== 0;
    const isOther = w[stride + refcount] !== 0 || this.#pointer(stride) !== 0n;
    return { of: this.#pointer(0), isPair: !isCompound && !isOther };
  }

  #read(address: bigint, count: number): boolean {
    const pfn = Math.floor(this.#typed.space.translate(address) / PAGE_SIZE);
    const { absent, unreadable } = this.#pages.readRun(pfn, count);
    return !absent && unreadable.length === 0;
  }

  #pointer(i: number): bigint {
    const w = this.#pages.words;
    const low = ((w[i + this.#word] as number) & CGROUP_POINTER_MASK) >>> 0;
    return (BigInt((w[i + this.#word + 1] as number) >>> 0) << 32n) | BigInt(low);
  }
}
