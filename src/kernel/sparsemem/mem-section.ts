import { InspectError, within } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../open/kernel.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { missingKey } from '../vmcoreinfo/vmcoreinfo.ts';
import { type Geometry, geometry } from './mem-section-geometry.ts';
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

/** The memory sections of SPARSEMEM (mm/sparse.c): which pfns have struct pages, and where. */
export interface MemSections {
  readonly pagesPerSection: number;
  /** Bytes of a struct page. */
  readonly structPageSize: number;
  /**
   * Returns the virtual address of the struct page of a section's first pfn, or null if the section is not
   * present.
   * @throws InspectError notMapped or notStored if the section's entry cannot be read; corrupt if it
   * contradicts the other entries
   */
  memMapOf(section: number): bigint | null;
  /**
   * Returns the virtual address of a pfn's struct page, or null if its section is not present.
   * @throws InspectError as memMapOf
   */
  structPageOf(pfn: number): bigint | null;
  /**
   * Whether a section has struct pages that the page allocator does not use: memory that was never set
   * online, or set offline again. Its struct pages may never have been written. ZONE_DEVICE memory is never
   * online either.
   * @throws InspectError as memMapOf
   */
  isOffline(section: number): boolean;
  /** Yields the present sections in [first, end), ascending. @throws InspectError as memMapOf */
  present(first: number, end: number): Iterable<number>;
  /**
   * Returns the lowest section with a map: its number, its map and the address of struct page 0 that it
   * implies.
   */
  firstMemMap(): { section: number; memMap: bigint; base: bigint } | undefined;
}

/**
 * Roots whose sections are compared: 8 TiB if a root is a page of entries. 5-level paging has 262,144 roots.
 */
const COMPARED_ROOTS = 512;

class SparseSections implements MemSections {
  readonly pagesPerSection: number;
  readonly structPageSize: number;
  readonly #geometry: Geometry;
  readonly #entries: SectionEntries;
  readonly #flags: bigint;
  #marksOnline: boolean | undefined;
  /** The address of struct page 0 by all sections; null if each has its own map. */
  #shared: bigint | null | undefined;
  readonly #asMakedumpfile: boolean;

  constructor(space: AddressSpace, g: Geometry, array: bigint, asMakedumpfile: boolean) {
    this.#geometry = g;
    this.#entries = new SectionEntries(space, g, array);
    this.#flags = asMakedumpfile ? MAKEDUMPFILE_FLAGS : FLAGS;
    this.#asMakedumpfile = asMakedumpfile;
    this.pagesPerSection = 2 ** (g.sectionBits - 12);
    this.structPageSize = g.structPageSize;
  }

  memMapOf(section: number): bigint | null {
    const base = this.#baseOf(section);
    if (base === null) return null;
    const shared = this.#sharedBase();
    if (shared !== null && base !== shared) {
      const what = `section ${section} has struct page 0 at ${hex(base)}, but others have it at ${hex(shared)}`;
      throw new InspectError('corrupt', what);
    }
    return base + this.#sizeOfMap() * BigInt(section);
  }

  structPageOf(pfn: number): bigint | null {
    const inSection = pfn % this.pagesPerSection;
    const map = this.memMapOf((pfn - inSection) / this.pagesPerSection);
    return map === null ? null : map + BigInt(inSection * this.structPageSize);
  }

  #sharedBase(): bigint | null {
    if (this.#shared === undefined) this.#shared = this.#asMakedumpfile ? null : this.#findShared();
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
    const { perRoot } = this.#geometry;
    for (const section of this.present(0, COMPARED_ROOTS * (perRoot || 1))) yield this.#baseOf(section) ?? 0n;
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

  firstMemMap(): ReturnType<MemSections['firstMemMap']> {
    for (const section of this.present()) {
      const base = this.#baseOf(section);
      if (base === null || base !== (this.#sharedBase() ?? base)) continue;
      return { section, memMap: base + this.#sizeOfMap() * BigInt(section), base };
    }
    return undefined;
  }

  /** Skips null roots, which most are. */
  *present(first = 0, end = Infinity): Generator<number> {
    const perRoot = this.#geometry.perRoot || 1;
    const roots = Math.min(this.#geometry.roots, Math.ceil(end / perRoot));
    for (let root = Math.floor(first / perRoot); root < roots; root++) {
      if (this.#geometry.perRoot && this.#entries.pointer(root) === 0n) continue;
      const last = Math.min(end, (root + 1) * perRoot);
      for (let section = Math.max(first, root * perRoot); section < last; section++) {
        if (this.#baseOf(section) !== null) yield section;
      }
    }
  }

  #sizeOfMap(): bigint {
    return BigInt(this.pagesPerSection * this.#geometry.structPageSize);
  }
}

/** One command opens the table in many places. */
const opened = new WeakMap<Kernel, MemSections>();

/**
 * Opens the section table of a kernel.
 * @param asMakedumpfile decodes section_mem_map like makedumpfile 1.7.9, which keeps flag bit 5 in the
 * address
 * @throws InspectError missingInfo with the missing key; corrupt if the table leads to no memory map
 */
export function openMemSections(kernel: Kernel, asMakedumpfile = false): MemSections {
  const known = asMakedumpfile ? undefined : opened.get(kernel);
  if (known) return known;
  const sections = findMemSections(kernel, asMakedumpfile);
  if (!asMakedumpfile) opened.set(kernel, sections);
  return sections;
}

function findMemSections({ space, info, pagingLevels }: Kernel, asMakedumpfile: boolean): MemSections {
  const array = info.symbol('mem_section');
  if (array === undefined) {
    throw missingKey(
      'SYMBOL(mem_section)',
      'only SPARSEMEM is supported, which every x86_64 kernel since 2.6.25 has',
    );
  }
  const sizes = geometry(info, pagingLevels);
  const sections = new SparseSections(space, sizes, array, asMakedumpfile);
  const direct = whyNoMap(space, sections);
  if (direct === undefined) return sections;
  if (direct.kind === 'notStored' || direct.kind === 'io') throw within('the section table', direct);
  // Before the fix in 4.15 (a0b1280368d1) the symbol is the address of the pointer.
  const pointer = readPointer(space, array);
  const pointed =
    pointer === undefined ? undefined : new SparseSections(space, sizes, pointer, asMakedumpfile);
  if (pointed && whyNoMap(space, pointed) === undefined) return pointed;
  const message = `SYMBOL(mem_section) at ${hex(array)} leads to no memory map: ${direct.message}`;
  throw new InspectError('corrupt', message, { address: array });
}

/** Returns why the first map is not valid, or undefined if its struct pages are mapped. */
function whyNoMap(space: AddressSpace, sections: MemSections): InspectError | undefined {
  try {
    const first = sections.firstMemMap();
    if (!first) return new InspectError('notMapped', 'no section has a map');
    space.mappingAt(first.memMap);
    return undefined;
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
}

function readPointer(space: AddressSpace, address: bigint): bigint | undefined {
  try {
    return space.u64(address);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
