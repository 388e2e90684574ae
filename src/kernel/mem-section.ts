import { hex } from '../bytes/hex.ts';
import { Lru } from '../bytes/lru.ts';
import { u64At } from '../bytes/words.ts';
import { InspectError, within } from '../errors.ts';
import type { AddressSpace } from './address-space.ts';
import type { Kernel } from './kernel.ts';
import { missingKey, required, type Vmcoreinfo } from './vmcoreinfo.ts';

/** Bits below a section's encoded map that are flags, SECTION_* of include/linux/mmzone.h up to 6.15's PREINIT. */
const FLAGS = 0x3fn;
/** makedumpfile 1.7.9 and crash take bits 0 to 4 for flags: off by 0x20 where bit 5 is set (6.15+). */
const MAKEDUMPFILE_FLAGS = 0x1fn;
const MARKED_PRESENT = 1n;
const HAS_MEM_MAP = 2n;
/** SECTION_IS_ONLINE, since 4.13 (2d070eab2e82) */
const IS_ONLINE = 4n;
const POINTER = 8;
const PAGE = 4096;
/** SECTION_SIZE_BITS of x86_64 (arch/x86/include/asm/sparsemem.h); in VMCOREINFO since 5.14 */
const SECTION_SIZE_BITS = 27;
/** Sections of the widest physical address, 52 bits (MAX_PHYSMEM_BITS with 5-level paging). No array of them is longer. */
const SECTIONS_LIMIT = 2 ** (52 - SECTION_SIZE_BITS);

/** The memory sections of SPARSEMEM (mm/sparse.c): which pfns have struct pages, and where. */
export interface MemSections {
  readonly pagesPerSection: number;
  /** Bytes of a struct page. */
  readonly structPageSize: number;
  /**
   * Virtual address of the struct page of the section's first pfn; null for a section that is not present.
   * @throws InspectError notMapped or notStored, when the section's entry cannot be read
   */
  memMapOf(section: number): bigint | null;
  /**
   * Whether a section has struct pages that the page allocator does not use: memory that was added and never set online, or set
   * offline again. Its struct pages may never have been written. The device memory of ZONE_DEVICE is never online either.
   * @throws InspectError as memMapOf
   */
  isOffline(section: number): boolean;
  /** The lowest section that has a map: its number, its map and what that makes of struct page 0. */
  firstMemMap(): { section: number; memMap: bigint; base: bigint } | undefined;
}

interface Geometry {
  readonly entrySize: number;
  readonly mapOffset: number;
  /** Entries behind each pointer of the root array; 0 where mem_section is the array of entries itself. */
  readonly perRoot: number;
  readonly roots: number;
  readonly sectionBits: number;
  readonly structPageSize: number;
}

function geometry(info: Vmcoreinfo, levels: 4 | 5): Geometry {
  const affects = 'no page can be classified';
  const need = (value: number | undefined, key: string) => required(value, key, affects);
  const entrySize = need(info.size('mem_section'), 'SIZE(mem_section)');
  const length = need(info.length('mem_section'), 'LENGTH(mem_section)');
  const structPageSize = need(info.size('page'), 'SIZE(page)');
  const mapOffset = need(info.offset('mem_section.section_mem_map'), 'OFFSET(mem_section.section_mem_map)');
  const sectionBits = info.number('SECTION_SIZE_BITS') ?? SECTION_SIZE_BITS;
  const plausible =
    [8, 16, 24, 32, 64].includes(entrySize) &&
    length > 0 &&
    length <= SECTIONS_LIMIT &&
    mapOffset >= 0 &&
    mapOffset + 8 <= entrySize;
  if (
    !plausible ||
    sectionBits < 21 ||
    sectionBits > 34 ||
    structPageSize < 32 ||
    structPageSize > 256 ||
    structPageSize % 8
  ) {
    throw new InspectError(
      'corrupt',
      `VMCOREINFO: mem_section of ${length} x ${entrySize} bytes, sections of 2^${sectionBits} bytes and struct pages of ${structPageSize} bytes make no memory map`,
    );
  }
  const sections = sectionCount(info, levels);
  const entries = Math.floor(PAGE / entrySize);
  // SPARSEMEM_EXTREME: the array holds pointers to pages full of entries (include/linux/mmzone.h, NR_SECTION_ROOTS).
  const extreme = length !== sections || entries === 1;
  const perRoot = extreme ? entries : 0;
  if (length * Math.max(1, perRoot) > SECTIONS_LIMIT) throw tooManySections(length, perRoot);
  return { entrySize, mapOffset, perRoot, roots: length, sectionBits, structPageSize };
}

function tooManySections(length: number, perRoot: number): InspectError {
  const claim = `LENGTH(mem_section) is ${length}, which makes ${length * Math.max(1, perRoot)} sections`;
  const most = `physical addresses of 52 bits have ${SECTIONS_LIMIT}`;
  return new InspectError('corrupt', `VMCOREINFO: ${claim}, and ${most}`, { key: 'LENGTH(mem_section)' });
}

/** NR_MEM_SECTIONS: all sections that physical memory can have. */
export function sectionCount(info: Vmcoreinfo, levels: 4 | 5): number {
  return 2 ** (physmemBits(info, levels) - (info.number('SECTION_SIZE_BITS') ?? SECTION_SIZE_BITS));
}

/** MAX_PHYSMEM_BITS: in VMCOREINFO since 5.9 (1d50e5d0c505); before, 46 with 4 and 52 with 5 levels */
function physmemBits(info: Vmcoreinfo, levels: 4 | 5): number {
  return info.number('MAX_PHYSMEM_BITS') ?? (levels === 5 ? 52 : 46);
}

/** Pages of entries kept: a scan goes through one after the other, and 128 to 256 sections share one. */
const CACHED_ROOTS = 8;

class SparseSections implements MemSections {
  readonly pagesPerSection: number;
  readonly structPageSize: number;
  readonly #space: AddressSpace;
  readonly #geometry: Geometry;
  readonly #flags: bigint;
  readonly #pages = new Lru<number, Uint8Array>(CACHED_ROOTS);
  readonly #array: bigint;
  #asked = -1;
  #encoded: bigint | null = null;
  #marksOnline: boolean | undefined;

  constructor(space: AddressSpace, g: Geometry, array: bigint, flags: bigint) {
    this.#space = space;
    this.#geometry = g;
    this.#flags = flags;
    this.#array = array;
    this.pagesPerSection = 2 ** (g.sectionBits - 12);
    this.structPageSize = g.structPageSize;
  }

  memMapOf(section: number): bigint | null {
    const encoded = this.#entry(section);
    if (encoded === null || (encoded & MARKED_PRESENT) === 0n || (encoded & HAS_MEM_MAP) === 0n) return null;
    return this.#base(encoded) + this.#sizeOfMap() * BigInt(section);
  }

  isOffline(section: number): boolean {
    const encoded = this.#entry(section);
    if (encoded === null || (encoded & IS_ONLINE) !== 0n || this.memMapOf(section) === null) return false;
    this.#marksOnline ??= this.#anyOnline();
    return this.#marksOnline;
  }

  /** A kernel that does not know the bit (before 4.13) has it in no section; others have it in all that they booted with. */
  #anyOnline(): boolean {
    for (const section of this.#withMemMap()) {
      if (((this.#entry(section) ?? 0n) & IS_ONLINE) !== 0n) return true;
    }
    return false;
  }

  firstMemMap(): ReturnType<MemSections['firstMemMap']> {
    for (const section of this.#withMemMap()) {
      const memMap = this.memMapOf(section);
      if (memMap !== null) return { section, memMap, base: memMap - this.#sizeOfMap() * BigInt(section) };
    }
    return undefined;
  }

  /** The sections that have a map, ascending. */
  *#withMemMap(): Generator<number> {
    const { perRoot, roots } = this.#geometry;
    for (let root = 0; root < roots; root++) {
      if (perRoot && this.#space.u64(this.#array + BigInt(root * POINTER)) === 0n) continue;
      for (let section = root * (perRoot || 1); section < (root + 1) * (perRoot || 1); section++) {
        if (this.memMapOf(section) !== null) yield section;
      }
    }
  }

  /** Address of struct page 0 as a section encodes it (sparse_encode_mem_map). */
  #base(encoded: bigint): bigint {
    return encoded & ~this.#flags;
  }

  #sizeOfMap(): bigint {
    return BigInt(this.pagesPerSection * this.#geometry.structPageSize);
  }

  /** A scan asks several things of one section after the other. */
  #entry(section: number): bigint | null {
    if (section !== this.#asked) {
      this.#asked = -1;
      this.#encoded = this.#readEntry(section);
      this.#asked = section;
    }
    return this.#encoded;
  }

  #readEntry(section: number): bigint | null {
    const { entrySize, mapOffset, perRoot, roots } = this.#geometry;
    if (!perRoot) {
      return section < roots ? this.#space.u64(this.#array + BigInt(section * entrySize + mapOffset)) : null;
    }
    const root = Math.floor(section / perRoot);
    if (root >= roots) return null;
    const page = this.#pages.get(root, () => this.#readRoot(root));
    return page.length === 0 ? null : u64At(page, (section % perRoot) * entrySize + mapOffset);
  }

  /** The page of entries behind a pointer of the root array; empty for a null pointer. */
  #readRoot(root: number): Uint8Array {
    const pointer = this.#space.u64(this.#array + BigInt(root * POINTER));
    return pointer === 0n
      ? new Uint8Array(0)
      : this.#space.bytes(pointer, this.#geometry.perRoot * this.#geometry.entrySize);
  }
}

/**
 * Opens the section table of a kernel.
 * @param asMakedumpfile decodes the map of a section as makedumpfile 1.7.9 does, flag bit 5 included
 * @throws InspectError missingInfo with the key that is missing; corrupt, when no way of reading it gives a map
 */
export function openMemSections({ space, info, pagingLevels }: Kernel, asMakedumpfile = false): MemSections {
  const array = info.symbol('mem_section');
  if (array === undefined) {
    throw missingKey(
      'SYMBOL(mem_section)',
      'only SPARSEMEM is read, which every x86_64 kernel since 2.6.25 has',
    );
  }
  const flags = asMakedumpfile ? MAKEDUMPFILE_FLAGS : FLAGS;
  const sizes = geometry(info, pagingLevels);
  const sections = new SparseSections(space, sizes, array, flags);
  const direct = whyNoMap(space, sections);
  if (direct === undefined) return sections;
  if (direct.kind === 'notStored' || direct.kind === 'io') throw within('the section table', direct);
  // Before 4.15's fix (a0b1280368d1) the symbol is the pointer's own address.
  const behind = readPointer(space, array);
  const pointed = behind === undefined ? undefined : new SparseSections(space, sizes, behind, flags);
  if (pointed && whyNoMap(space, pointed) === undefined) return pointed;
  const message = `SYMBOL(mem_section) at ${hex(array)} leads to no memory map: ${direct.message}`;
  throw new InspectError('corrupt', message, { address: array });
}

/** Why the first map is none, or undefined when its struct pages are mapped. */
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
