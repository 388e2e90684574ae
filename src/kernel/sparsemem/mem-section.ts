import { InspectError, within } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../open/kernel.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { missingKey, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { geometry } from './mem-section-geometry.ts';
import { SparseSections } from './sparse-sections.ts';

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
   * Returns the pfn whose struct page is at a virtual address, or null if there is none.
   * @throws InspectError as memMapOf
   */
  pfnOf(structPage: bigint): number | null;
  /** Whether all struct pages lie in one virtual array, the vmemmap (SPARSEMEM_VMEMMAP). */
  readonly hasVmemmap: boolean;
  /** How many of the top bits of page.flags hold the number of the section: none with a vmemmap. */
  readonly flagBits: number;
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
   * implies, which only a kernel with a vmemmap has.
   */
  firstMemMap(): { section: number; memMap: bigint; base: bigint } | undefined;
}

/** One command opens the table in many places. */
const opened = new WeakMap<Kernel, MemSections>();

/**
 * Opens the section table of a kernel.
 * @param asMakedumpfile decodes section_mem_map like makedumpfile 1.7.9, which keeps flag bit 5 in the
 * address
 * @throws InspectError missingInfo with the missing key; corrupt if the table leads to no memory map;
 * unsupported for a kernel with another memory model
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
  if (array === undefined) throw noSectionTable(info);
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

/**
 * Without SPARSEMEM a node's struct pages are one array, whose place in pglist_data only such a kernel's
 * VMCOREINFO gives (CONFIG_FLATMEM, before 5.14 CONFIG_FLAT_NODE_MEM_MAP; kernel/crash_core.c). On x86_64
 * ARCH_FLATMEM_ENABLE depends on X86_32, and DISCONTIGMEM ended in 2.6.25 (arch/x86/Kconfig).
 */
function noSectionTable(info: Vmcoreinfo): InspectError {
  const key = 'SYMBOL(mem_section)';
  if (!info.has('OFFSET(pglist_data.node_mem_map)'))
    return missingKey(key, 'only SPARSEMEM is supported, which every x86_64 kernel since 2.6.25 has');
  const model = info.has('SYMBOL(node_data)') ? 'DISCONTIGMEM' : 'FLATMEM';
  const what = `the memory model of this kernel is ${model}: each node has its struct pages in one array`;
  return new InspectError(
    'unsupported',
    `${what}; only SPARSEMEM is supported, which every x86_64 kernel since 2.6.25 has`,
    { key },
  );
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
