import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { required, type Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';

/** SECTION_SIZE_BITS of x86_64 (arch/x86/include/asm/sparsemem.h); in VMCOREINFO since 5.14 */
const SECTION_SIZE_BITS = 27;
/**
 * Sections of a 52-bit physical address (MAX_PHYSMEM_BITS with 5-level paging): no section table is longer.
 */
const SECTIONS_LIMIT = 2 ** (52 - SECTION_SIZE_BITS);

/** How the section table of a kernel is laid out. */
export interface Geometry {
  readonly entrySize: number;
  readonly mapOffset: number;
  /**
   * Entries per root, which a pointer of the root array leads to; 0 if mem_section is the array of entries
   * itself.
   */
  readonly perRoot: number;
  readonly roots: number;
  readonly sectionBits: number;
  readonly structPageSize: number;
}

/** @throws InspectError missingInfo, naming the key; corrupt if the sizes do not describe a memory map */
export function geometry(info: Vmcoreinfo, levels: 4 | 5): Geometry {
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
      `VMCOREINFO: mem_section of ${length} x ${entrySize} bytes, sections of 2^${sectionBits} bytes and struct pages of ${structPageSize} bytes do not describe a memory map`,
    );
  }
  const sections = sectionCount(info, levels);
  const entries = Math.floor(PAGE_SIZE / entrySize);
  // SPARSEMEM_EXTREME: the array holds pointers to pages full of entries (include/linux/mmzone.h,
  // NR_SECTION_ROOTS).
  const extreme = length !== sections || entries === 1;
  const perRoot = extreme ? entries : 0;
  if (length * Math.max(1, perRoot) > SECTIONS_LIMIT) throw tooManySections(length, perRoot);
  return { entrySize, mapOffset, perRoot, roots: length, sectionBits, structPageSize };
}

function tooManySections(length: number, perRoot: number): InspectError {
  const claim = `LENGTH(mem_section) is ${length}, which means ${length * Math.max(1, perRoot)} sections`;
  const most = `52-bit physical addresses have ${SECTIONS_LIMIT}`;
  return new InspectError('corrupt', `VMCOREINFO: ${claim}, but ${most}`, { key: 'LENGTH(mem_section)' });
}

/** NR_MEM_SECTIONS: the number of sections that physical memory can have. */
export function sectionCount(info: Vmcoreinfo, levels: 4 | 5): number {
  return 2 ** (physmemBits(info, levels) - (info.number('SECTION_SIZE_BITS') ?? SECTION_SIZE_BITS));
}

/** MAX_PHYSMEM_BITS: in VMCOREINFO since 5.9 (1d50e5d0c505); before, 46 with 4 and 52 with 5 levels */
function physmemBits(info: Vmcoreinfo, levels: 4 | 5): number {
  return info.number('MAX_PHYSMEM_BITS') ?? (levels === 5 ? 52 : 46);
}
