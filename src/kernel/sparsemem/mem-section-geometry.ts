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
  /** Entries per root, which a pointer of the root array leads to. */
  readonly perRoot: number;
  readonly roots: number;
  readonly sectionBits: number;
  /** MAX_PHYSMEM_BITS */
  readonly physmemBits: number;
  readonly structPageSize: number;
  /** Bytes to page.flags. */
  readonly flagsOffset: number;
}

/**
 * @throws InspectError missingInfo, naming the key; corrupt if the sizes do not describe a memory map;
 * unsupported for a kernel without SPARSEMEM_EXTREME
 */
export function geometry(info: Vmcoreinfo, levels: 4 | 5): Geometry {
  const affects = 'no page can be classified';
  const need = (value: number | undefined, key: string) => required(value, key, affects);
  const entrySize = need(info.size('mem_section'), 'SIZE(mem_section)');
  const length = need(info.length('mem_section'), 'LENGTH(mem_section)');
  const structPageSize = need(info.size('page'), 'SIZE(page)');
  const mapOffset = need(info.offset('mem_section.section_mem_map'), 'OFFSET(mem_section.section_mem_map)');
  const sectionBits = info.number('SECTION_SIZE_BITS') ?? SECTION_SIZE_BITS;
  const physicalBits = physmemBits(info, levels);
  const plausible =
    physicalBits > sectionBits &&
    physicalBits <= 52 &&
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
      `VMCOREINFO: mem_section of ${length} x ${entrySize} bytes, sections of 2^${sectionBits} bytes, addresses of ${physicalBits} bits and struct pages of ${structPageSize} bytes do not describe a memory map`,
    );
  }
  if (length === sectionCount(info, levels)) throw notExtreme(length);
  const perRoot = Math.floor(PAGE_SIZE / entrySize);
  if (length * perRoot > SECTIONS_LIMIT) throw tooManySections(length, perRoot);
  const flagsOffset = info.offset('page.flags') ?? 0;
  return {
    ...{ entrySize, mapOffset, perRoot, roots: length, structPageSize, flagsOffset },
    ...{ sectionBits, physmemBits: physicalBits },
  };
}

/**
 * NR_SECTION_ROOTS (include/linux/mmzone.h) is the number of sections where mem_section is the array of
 * entries itself. On x86_64 it never is: SPARSEMEM_EXTREME is off only with SPARSEMEM_STATIC, which only
 * 32-bit x86 selects (mm/Kconfig, arch/x86/Kconfig).
 */
function notExtreme(length: number): InspectError {
  const what = `mem_section is one array of ${length} sections (SPARSEMEM without SPARSEMEM_EXTREME)`;
  return new InspectError('unsupported', `${what}, which no x86_64 kernel can be configured to`, {
    key: 'LENGTH(mem_section)',
  });
}

function tooManySections(length: number, perRoot: number): InspectError {
  const claim = `LENGTH(mem_section) is ${length}, which means ${length * perRoot} sections`;
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
