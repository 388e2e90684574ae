import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { findPageOffset } from '../layout/page-offset.ts';
import { type MemSections, openMemSections } from '../sparsemem/mem-section.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** The direct map is found by other means as well, and each look into the symbol table goes through all names. */
function unasked(): never {
  throw new InspectError('missingInfo', 'the symbol table was not asked');
}

/** Where pages lie in the direct map, and their struct pages in the memory map. Addresses are virtual. */
export class PageAddresses {
  readonly #pageOffset: bigint;
  readonly #sections: MemSections;
  /** Where the struct page of pfn 0 is, or would be (SPARSEMEM_VMEMMAP). */
  readonly #base: bigint;

  /** @throws InspectError missingInfo, when the direct map cannot be found; as openMemSections does */
  constructor(typed: TypedKernel) {
    const { value } = findPageOffset(typed.kernel, unasked);
    if (value === null) throw new InspectError('missingInfo', 'where the direct map begins cannot be told');
    this.#pageOffset = value;
    this.#sections = openMemSections(typed.kernel);
    this.#base = this.#sections.firstMemMap()?.base ?? 0n;
  }

  /** The page's first byte in the direct map. */
  directOf(pfn: number): bigint {
    return this.#pageOffset + BigInt(pfn * PAGE_SIZE);
  }

  /** The pfn of the page that holds an address of the direct map; below 0, or beyond all memory, for another address. */
  pfnOfDirect(address: bigint): number {
    return Number((address - this.#pageOffset) >> 12n);
  }

  /** null where the page's section has no map. @throws InspectError notMapped or notStored (the section's entry) */
  structPageOf(pfn: number): bigint | null {
    const { pagesPerSection, structPageSize } = this.#sections;
    if (pfn < 0) return null;
    const map = this.#sections.memMapOf(Math.floor(pfn / pagesPerSection));
    return map === null ? null : map + BigInt((pfn % pagesPerSection) * structPageSize);
  }

  /** null for what is not the address of a struct page. @throws InspectError notMapped or notStored */
  pfnOf(structPage: bigint): number | null {
    const pfn = Number(structPage - this.#base) / this.#sections.structPageSize;
    return Number.isSafeInteger(pfn) && this.structPageOf(pfn) === structPage ? pfn : null;
  }
}
