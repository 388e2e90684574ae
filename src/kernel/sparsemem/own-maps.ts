import { InspectError } from '../../errors.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { Geometry } from './mem-section-geometry.ts';

/** Number of sections that are looked at: a damaged one is outvoted by the others. */
const VOTERS = 8;

/** A section's struct pages, and the page of mem_section entries that has it; virtual addresses. */
export interface SectionPlace {
  readonly memMap: bigint;
  readonly root: bigint;
}

/**
 * Whether each section's struct pages are an array of its own, as without SPARSEMEM_VMEMMAP. At boot the
 * kernel allocates such arrays, like the pages of mem_section entries, from memblock (mm/sparse.c), so both
 * lie in the direct map, at the same distance from their physical addresses. The vmemmap is another mapping.
 */
export function haveOwnMaps(space: AddressSpace, sections: Iterable<SectionPlace>): boolean {
  let votes = 0;
  let count = 0;
  try {
    for (const { memMap, root } of sections) {
      const distance = distanceAt(space, root);
      if (distance !== undefined && distanceAt(space, memMap) === distance) votes++;
      if (++count === VOTERS) break;
    }
  } catch (error) {
    // A section that cannot be read has no vote. Whoever needs it reports the error.
    if (!(error instanceof InspectError)) throw error;
  }
  return votes * 2 > count;
}

/** What struct pages say about the section that they are of: page.flags has its number in the top bits. */
export class SectionNumbers {
  /** SECTIONS_WIDTH (include/linux/page-flags-layout.h) */
  readonly flagBits: number;
  readonly #space: AddressSpace;
  readonly #flagsOffset: bigint;
  #checked = -1;
  #fault: string | null = null;

  constructor(space: AddressSpace, { physmemBits, sectionBits, flagsOffset }: Geometry) {
    this.#space = space;
    this.#flagsOffset = BigInt(flagsOffset);
    this.flagBits = physmemBits - sectionBits;
  }

  /** Returns the section of a struct page (page_to_section). @throws InspectError notMapped or notStored */
  of(structPage: bigint): number {
    return this.#sectionIn(this.#flagsAt(structPage));
  }

  #flagsAt(structPage: bigint): bigint {
    return this.#space.u64(structPage + this.#flagsOffset);
  }

  #sectionIn(flags: bigint): number {
    return Number(flags >> BigInt(64 - this.flagBits));
  }

  /**
   * Returns why struct pages are not those of a section; null if nothing contradicts it. Those of a hole need
   * not be written.
   */
  faultOf(section: number, memMap: bigint): string | null {
    if (section === this.#checked) return this.#fault;
    this.#fault = this.#findFault(section, memMap);
    this.#checked = section;
    return this.#fault;
  }

  #findFault(section: number, memMap: bigint): string | null {
    try {
      const flags = this.#flagsAt(memMap);
      const named = this.#sectionIn(flags);
      return flags === 0n || named === section ? null : `which are those of section ${named}`;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return error.kind === 'notMapped' ? 'which is not mapped' : null;
    }
  }
}

/** Returns how far an address lies from its physical one; undefined if the page tables do not say. */
function distanceAt(space: AddressSpace, address: bigint): bigint | undefined {
  try {
    return address - BigInt(space.translate(address));
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
