import { ABSENCES } from '../../absence.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pageOfAbsentEntry } from '../paging/absent-entry.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { type PageTableWalk, PageWalker } from '../paging/page-walk.ts';

const PAGE = BigInt(PAGE_SIZE);

/** The memory of a process, through its own page tables. */
export class ProcessMemory {
  readonly #space: AddressSpace;
  readonly #walker: PageWalker;

  /** @param root physical address of its root page table, bytes */
  constructor(space: AddressSpace, root: number) {
    const { memory, walker } = space;
    this.#space = space;
    this.#walker = new PageWalker({
      memory,
      root,
      levels: walker.levels,
      encryptionMask: walker.encryptionMask,
    });
  }

  /**
   * Fills `into` from a virtual address on. Returns how many bytes were read before one that is missing, and
   * why that is missing.
   */
  read(address: bigint, into: Uint8Array): { readonly length: number; readonly gap?: string } {
    for (let length = 0; length < into.length; ) {
      const at = address + BigInt(length);
      const size = Math.min(into.length - length, Number(PAGE - (at % PAGE)));
      const gap = this.#readInPage(at, into.subarray(length, length + size));
      if (gap !== undefined) return { length, gap };
      length += size;
    }
    return { length: into.length };
  }

  #readInPage(address: bigint, into: Uint8Array): string | undefined {
    const place = this.#locate(this.#walker.walk(address));
    if (typeof place === 'string') return place;
    const missing = this.#space.memory.read(place, into);
    return missing && ABSENCES[missing.absence];
  }

  /** Returns a physical address in bytes, or why there is none. */
  #locate({ address, steps, result }: PageTableWalk): number | string {
    if (result.kind === 'mapped') return result.physical;
    if (result.kind === 'noTable') return `not known, because a page table is ${ABSENCES[result.absence]}`;
    const last = steps.at(-1);
    if (result.kind !== 'notPresent' || last === undefined) return 'not mapped';
    return pageOfAbsentEntry(address, last, this.#walker.encryptionMask);
  }
}
