import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { findPageOffset } from '../layout/page-offset.ts';
import { type MemSections, openMemSections } from '../sparsemem/mem-section.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** Other methods find the direct map, too, and looking up a symbol takes a pass over all names. */
function unasked(): never {
  throw new InspectError('missingInfo', 'the symbol table was not used');
}

/** Where pages lie in the direct map, and their struct pages in the memory map; virtual addresses. */
export class PageAddresses {
  readonly #pageOffset: bigint;
  readonly #sections: MemSections;

  /** @throws InspectError missingInfo if the direct map cannot be found; as openMemSections does */
  constructor(typed: TypedKernel) {
    const { value } = findPageOffset(typed.kernel, unasked);
    if (value === null) throw new InspectError('missingInfo', 'it is unknown where the direct map begins');
    this.#pageOffset = value;
    this.#sections = openMemSections(typed.kernel);
  }

  /** Returns the address of a page in the direct map. */
  directOf(pfn: number): bigint {
    return this.#pageOffset + BigInt(pfn * PAGE_SIZE);
  }

  /** Returns the pfn of an address in the direct map; negative or beyond all memory for any other address. */
  pfnOfDirect(address: bigint): number {
    return Number((address - this.#pageOffset) >> 12n);
  }

  /**
   * Returns null if the page's section has no map.
   * @throws InspectError notMapped or notStored (the section's entry)
   */
  structPageOf(pfn: number): bigint | null {
    return pfn < 0 ? null : this.#sections.structPageOf(pfn);
  }

  /** Returns null if the address is not that of a struct page. @throws InspectError notMapped or notStored */
  pfnOf(structPage: bigint): number | null {
    return this.#sections.pfnOf(structPage);
  }
}
