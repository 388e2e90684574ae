import { ABSENCES, type Absence } from '../../absence.ts';
import { type ErrorKind, InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pageOfAbsentEntry } from '../paging/absent-entry.ts';
import { type AddressSpace, errorKindOf } from '../paging/address-space.ts';
import { type PageTableWalk, PageWalker } from '../paging/page-walk.ts';
import { ADDRESS_MASK, ENTRIES } from '../paging/paging.ts';

const PAGE = BigInt(PAGE_SIZE);
const KERNEL_HALF = 1n << 63n;
const NOT_MAPPED: MemoryGap = { missing: 'not mapped', kind: null };

const gapOf = (absence: Absence, before = ''): MemoryGap => ({
  missing: `${before}${ABSENCES[absence]}`,
  kind: errorKindOf(absence),
});

/** Why memory of a process cannot be read. */
export interface MemoryGap {
  /** It is … */
  readonly missing: string;
  /** null if the process has it elsewhere, such as in swap space, or not at all. */
  readonly kind: ErrorKind | null;
}

/** The memory of a process, through its own page tables. */
export class ProcessMemory {
  readonly #space: AddressSpace;
  readonly #walker: PageWalker;

  /**
   * @param root physical address of its root page table, bytes
   * @throws InspectError corrupt if that does not map the kernel, as every process does
   */
  constructor(space: AddressSpace, root: number) {
    const { memory, walker } = space;
    this.#space = space;
    this.#walker = new PageWalker({
      memory,
      root,
      levels: walker.levels,
      encryptionMask: walker.encryptionMask,
    });
    const [own, kernels] = [this.#walker, walker].map((of) => of.table(of.root)?.[ENTRIES - 1]);
    if (own === undefined || kernels === undefined || ((own ^ kernels) & ADDRESS_MASK) === 0n) return;
    throw new InspectError('corrupt', `its page tables at physical ${hex(root)} do not map the kernel`);
  }

  /**
   * Fills `into` from a virtual address on. Returns how many bytes were read before one that is missing, and
   * why that is missing.
   */
  read(address: bigint, into: Uint8Array): { readonly length: number; readonly gap?: MemoryGap } {
    for (let length = 0; length < into.length; ) {
      const at = address + BigInt(length);
      const size = Math.min(into.length - length, Number(PAGE - (at % PAGE)));
      const gap = this.#readInPage(at, into.subarray(length, length + size));
      if (gap !== undefined) return { length, gap };
      length += size;
    }
    return { length: into.length };
  }

  #readInPage(address: bigint, into: Uint8Array): MemoryGap | undefined {
    const place = this.#locate(this.#walker.walk(address));
    if (typeof place !== 'number') return place;
    const missing = this.#space.memory.read(place, into);
    return missing && gapOf(missing.absence);
  }

  /** Returns a physical address in bytes, or why there is none. The upper half belongs to the kernel. */
  #locate({ address, steps, result }: PageTableWalk): number | MemoryGap {
    if (address >= KERNEL_HALF) return NOT_MAPPED;
    if (result.kind === 'mapped') return result.physical;
    if (result.kind === 'noTable') return gapOf(result.absence, 'not known, because a page table is ');
    const last = steps.at(-1);
    if (result.kind !== 'notPresent' || last === undefined) return NOT_MAPPED;
    const place = pageOfAbsentEntry(address, last, this.#walker.encryptionMask);
    return typeof place === 'number' ? place : { missing: place, kind: null };
  }
}
