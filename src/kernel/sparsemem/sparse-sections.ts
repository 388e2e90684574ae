import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { Geometry } from './mem-section-geometry.ts';
import { haveOwnMaps, SectionNumbers, type SectionPlace } from './own-maps.ts';
import { SectionEntries } from './section-entries.ts';
import { sharedBase } from './vmemmap-base.ts';

/** Low bits of section_mem_map that are flags: SECTION_* of include/linux/mmzone.h, up to PREINIT of 6.15. */
const FLAGS = 0x3fn;
/** The flags that makedumpfile 1.7.9 and crash mask, bits 0 to 4: with bit 5 (6.15+) a map is off by 0x20. */
const MAKEDUMPFILE_FLAGS = 0x1fn;
const MARKED_PRESENT = 1n;
const HAS_MEM_MAP = 2n;
/** SECTION_IS_ONLINE, since 4.13 (2d070eab2e82) */
const IS_ONLINE = 4n;

/**
 * Roots whose sections are compared: 8 TiB if a root is a page of entries. 5-level paging has 262,144 roots.
 */
const COMPARED_ROOTS = 512;

/**
 * MemSections by an array of pointers to pages of mem_section entries, as every x86_64 kernel has it
 * (SPARSEMEM_EXTREME). The struct pages of a section are a part of the vmemmap, or an array of its own.
 */
export class SparseSections {
  readonly pagesPerSection: number;
  readonly structPageSize: number;
  readonly #space: AddressSpace;
  readonly #geometry: Geometry;
  readonly #entries: SectionEntries;
  readonly #numbers: SectionNumbers;
  readonly #flags: bigint;
  #marksOnline: boolean | undefined;
  #hasVmemmap: boolean | undefined;
  /** The address of struct page 0 by all sections; null if they do not share one. */
  #shared: bigint | null | undefined;
  /** The address of struct page 0 by the first section. */
  #base: bigint | undefined;
  readonly #asMakedumpfile: boolean;

  constructor(space: AddressSpace, g: Geometry, array: bigint, asMakedumpfile: boolean) {
    this.#space = space;
    this.#geometry = g;
    this.#entries = new SectionEntries(space, g, array);
    this.#numbers = new SectionNumbers(space, g);
    this.#flags = asMakedumpfile ? MAKEDUMPFILE_FLAGS : FLAGS;
    this.#asMakedumpfile = asMakedumpfile;
    this.pagesPerSection = 2 ** (g.sectionBits - 12);
    this.structPageSize = g.structPageSize;
  }

  memMapOf(section: number): bigint | null {
    const base = this.#baseOf(section);
    if (base === null) return null;
    const fault = this.#faultOf(section, base);
    if (fault !== null) throw new InspectError('corrupt', fault);
    return this.#mapFrom(base, section);
  }

  /** Returns why a section's entry is wrong; null if nothing contradicts it. */
  #faultOf(section: number, base: bigint): string | null {
    if (this.#asMakedumpfile) return null;
    if (this.hasVmemmap) {
      const shared = this.#sharedBase() ?? base;
      if (base === shared) return null;
      return `section ${section} has struct page 0 at ${hex(base)}, but others have it at ${hex(shared)}`;
    }
    const map = this.#mapFrom(base, section);
    const fault = this.#numbers.faultOf(section, map);
    return fault === null ? null : `section ${section} has its struct pages at ${hex(map)}, ${fault}`;
  }

  #mapFrom(base: bigint, section: number): bigint {
    return base + BigInt(this.pagesPerSection * this.structPageSize * section);
  }

  structPageOf(pfn: number): bigint | null {
    const inSection = pfn % this.pagesPerSection;
    const map = this.memMapOf((pfn - inSection) / this.pagesPerSection);
    return map === null ? null : map + BigInt(inSection * this.structPageSize);
  }

  get hasVmemmap(): boolean {
    this.#hasVmemmap ??= !haveOwnMaps(this.#space, this.#places());
    return this.#hasVmemmap;
  }

  get flagBits(): number {
    return this.hasVmemmap ? 0 : this.#numbers.flagBits;
  }

  pfnOf(structPage: bigint): number | null {
    const pfn = this.hasVmemmap ? this.#pfnInVmemmap(structPage) : this.#pfnByFlags(structPage);
    return pfn !== null && pfn >= 0 && this.structPageOf(pfn) === structPage ? pfn : null;
  }

  #pfnInVmemmap(structPage: bigint): number | null {
    this.#base ??= this.firstMemMap()?.base ?? 0n;
    return wholePages(structPage - this.#base, this.structPageSize);
  }

  /** As the kernel does without a vmemmap (__page_to_pfn, include/asm-generic/memory_model.h). */
  #pfnByFlags(structPage: bigint): number | null {
    const section = this.#sectionOf(structPage);
    const map = section === null ? null : this.memMapOf(section);
    if (section === null || map === null) return null;
    const inSection = wholePages(structPage - map, this.structPageSize);
    return inSection === null ? null : section * this.pagesPerSection + inSection;
  }

  /** Returns null if no struct page can be there. */
  #sectionOf(structPage: bigint): number | null {
    try {
      return this.#numbers.of(structPage);
    } catch (error) {
      if (error instanceof InspectError && error.kind === 'notMapped') return null;
      throw error;
    }
  }

  *#places(): Generator<SectionPlace> {
    const { perRoot } = this.#geometry;
    for (const section of this.present(0, COMPARED_ROOTS * perRoot)) {
      const root = this.#entries.pointer(Math.floor(section / perRoot));
      yield { memMap: this.#mapFrom(this.#baseOf(section) ?? 0n, section), root };
    }
  }

  #sharedBase(): bigint | null {
    if (this.#shared === undefined) this.#shared = this.#findShared();
    return this.#shared;
  }

  #findShared(): bigint | null {
    try {
      return sharedBase(this.#bases());
    } catch (error) {
      // A read of the section with the damaged entry reports the error.
      if (error instanceof InspectError) return null;
      throw error;
    }
  }

  *#bases(): Generator<bigint> {
    const sections = this.present(0, COMPARED_ROOTS * this.#geometry.perRoot);
    for (const section of sections) yield this.#baseOf(section) ?? 0n;
  }

  /**
   * Returns the address of struct page 0 by a section's entry (sparse_encode_mem_map); null if not present.
   */
  #baseOf(section: number): bigint | null {
    const encoded = this.#entries.at(section);
    if (encoded === null || (encoded & MARKED_PRESENT) === 0n || (encoded & HAS_MEM_MAP) === 0n) return null;
    return encoded & ~this.#flags;
  }

  isOffline(section: number): boolean {
    const encoded = this.#entries.at(section);
    if (encoded === null || (encoded & IS_ONLINE) !== 0n || this.#baseOf(section) === null) return false;
    this.#marksOnline ??= this.#anyOnline();
    return this.#marksOnline;
  }

  /** Kernels before 4.13 do not set the bit in any section; later ones set it in all boot memory. */
  #anyOnline(): boolean {
    for (const section of this.present()) {
      if (((this.#entries.at(section) ?? 0n) & IS_ONLINE) !== 0n) return true;
    }
    return false;
  }

  firstMemMap(): { section: number; memMap: bigint; base: bigint } | undefined {
    for (const section of this.present()) {
      const base = this.#baseOf(section);
      if (base === null || this.#faultOf(section, base) !== null) continue;
      return { section, memMap: this.#mapFrom(base, section), base };
    }
    return undefined;
  }

  /** Skips null roots, which most are. */
  *present(first = 0, end = Infinity): Generator<number> {
    const { perRoot } = this.#geometry;
    const roots = Math.min(this.#geometry.roots, Math.ceil(end / perRoot));
    for (let root = Math.floor(first / perRoot); root < roots; root++) {
      if (this.#entries.pointer(root) === 0n) continue;
      const last = Math.min(end, (root + 1) * perRoot);
      for (let section = Math.max(first, root * perRoot); section < last; section++) {
        if (this.#baseOf(section) !== null) yield section;
      }
    }
  }
}

/** Returns a distance in struct pages; null if it is not a whole number of them. */
function wholePages(distance: bigint, structPageSize: number): number | null {
  const pages = Number(distance) / structPageSize;
  return Number.isSafeInteger(pages) ? pages : null;
}
