import { u32At, u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { PhysicalMemory } from '../../formats/image/image.ts';
import { samplePfns } from '../../formats/image/sample-pfns.ts';
import type { Kernel } from '../open/kernel.ts';
import { type MemSections, openMemSections } from './mem-section.ts';

/** Pages to sample, evenly over memory: enough to distinguish a tenth from a half. */
const SAMPLES = 64;

/** Which physical memory a kernel's page allocator manages, by its struct pages. */
export class ManagedMemory {
  readonly #kernel: Kernel;
  readonly #sections: MemSections;
  readonly #countAt: number;
  readonly #lruAt: number;

  /** @throws InspectError as openMemSections does */
  constructor(kernel: Kernel) {
    const { info } = kernel;
    this.#kernel = kernel;
    this.#sections = openMemSections(kernel);
    this.#countAt = info.offset('page._refcount') ?? info.offset('page._count') ?? -1;
    this.#lruAt = info.offset('page.lru') ?? -1;
  }

  /**
   * Whether the page allocator has, or once had, a page. It has none without a struct page and none that were
   * kept from it at boot (memblock_reserve, holes): their struct pages are as __init_single_page
   * (mm/mm_init.c) left them, with one reference and an empty list. Returns undefined if a struct page was
   * never written or cannot be read.
   */
  has(pfn: number): boolean | undefined {
    try {
      return this.#isManaged(pfn);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return error.kind === 'notMapped' ? false : undefined;
    }
  }

  #isManaged(pfn: number): boolean | undefined {
    const address = this.#sections.structPageOf(pfn);
    if (address === null) return false;
    const page = this.#kernel.space.bytes(address, this.#sections.structPageSize);
    const fits = (at: number, size: number) => at >= 0 && at <= page.length - size;
    if (!fits(this.#countAt, 4) || !fits(this.#lruAt, 8) || page.every((byte) => byte === 0))
      return undefined;
    const untouched = u64At(page, this.#lruAt) === address + BigInt(this.#lruAt);
    return !(untouched && u32At(page, this.#countAt) === 1);
  }

  /** Returns the sampled share of a dump's memory that is known not to be managed, 0 to 1. */
  foreignShare(memory: PhysicalMemory): number {
    const pfns = [...samplePfns(memory, SAMPLES)];
    const foreign = pfns.filter((pfn) => this.has(pfn) === false).length;
    return pfns.length === 0 ? 0 : foreign / pfns.length;
  }
}
