import type { BuiltKernel } from './kernel.ts';
import { IN_IMAGE, PAGES_PER_SECTION } from './kernel.ts';
import { type KeyChanges, PHYSMEM_BITS, SECTION_ENTRY } from './kernel-keys.ts';
import { KIB4 } from './page-tables.ts';

/** Bits of section_mem_map, by the names of include/linux/mmzone.h without SECTION_. */
export const SECTION_FLAGS = {
  MARKED_PRESENT: 1,
  HAS_MEM_MAP: 2,
  IS_ONLINE: 4,
  IS_EARLY: 8,
  TAINT_ZONE_DEVICE: 16,
  IS_VMEMMAP_PREINIT: 32,
} as const;

export interface SectionPlan {
  /**
   * 'extreme': a root array; 'pointer': SYMBOL(mem_section) is the address of a pointer to it; 'static': no
   * roots.
   */
  readonly form?: 'extreme' | 'pointer' | 'static';
  /** Sections that have RAM but no entry. */
  readonly absent?: readonly number[];
  /** Flag bits of a section; MARKED_PRESENT, HAS_MEM_MAP, IS_ONLINE and IS_EARLY for all others. */
  readonly flags?: Readonly<Record<number, number>>;
  /**
   * Without SPARSEMEM_VMEMMAP: where in physical memory each section has its struct pages; bytes. They take 2
   * MiB of section 0.
   */
  readonly maps?: Readonly<Record<number, number>>;
}

/** Without SPARSEMEM_VMEMMAP, the section's number is in the top 46 - 27 bits of page.flags. */
export const SECTION_SHIFT = 32 - (46 - 27);

const USUAL = 1 | 2 | 4 | 8;
const PER_ROOT = KIB4 / SECTION_ENTRY;
/** A static array of 2^(34 - 27) = 128 entries: small enough for the made-up image. */
const STATIC_PHYSMEM_BITS = 34;

interface WrittenSections {
  readonly address: bigint;
  readonly length: number;
  readonly keys: KeyChanges;
}

/** Writes the section table of SPARSEMEM in one of the forms that kernels have had. */
export function writeSections(
  kernel: BuiltKernel,
  sections: readonly number[],
  plan: SectionPlan = {},
): WrittenSections {
  // sparse_encode_mem_map() takes off the section's own pfns: with a vmemmap, all sections encode the address
  // of struct page 0.
  const encoded = (section: number) => {
    const first = section * PAGES_PER_SECTION;
    const base = kernel.structPageAt(first) - BigInt(first * kernel.structPageSize);
    return base | BigInt(plan.flags?.[section] ?? USUAL);
  };
  if (plan.form === 'static') {
    const at = kernel.imageAt + IN_IMAGE.memSection;
    for (const section of sections) kernel.memory.writeU64(at + section * SECTION_ENTRY, encoded(section));
    return {
      address: kernel.inImage(IN_IMAGE.memSection),
      length: 2 ** (STATIC_PHYSMEM_BITS - 27),
      keys: { 'NUMBER(MAX_PHYSMEM_BITS)': `${STATIC_PHYSMEM_BITS}` },
    };
  }
  const length = 2 ** (PHYSMEM_BITS[kernel.levels] - 27) / PER_ROOT;
  const array = kernel.allocate(Math.ceil((length * 8) / KIB4) * KIB4);
  for (const section of sections) {
    const slot = array + Math.floor(section / PER_ROOT) * 8;
    if (kernel.memory.peekU64(slot) === 0n) {
      kernel.memory.writeU64(slot, kernel.direct(kernel.allocate(KIB4)));
    }
    const root = Number(kernel.memory.peekU64(slot) - kernel.pageOffset);
    kernel.memory.writeU64(root + (section % PER_ROOT) * SECTION_ENTRY, encoded(section));
  }
  if (plan.form !== 'pointer') return { address: kernel.direct(array), length, keys: {} };
  kernel.memory.writeU64(kernel.imageAt + IN_IMAGE.memSection, kernel.direct(array));
  return { address: kernel.inImage(IN_IMAGE.memSection), length, keys: {} };
}
