import type { Shape } from './kernel-shapes.ts';

/** Lines to add, to change, or (null) to leave out. */
export type KeyChanges = Readonly<Record<string, string | null>>;

const hex = (n: bigint) => n.toString(16);

/** The addresses that a made-up kernel states about itself. */
export interface KeyFacts {
  readonly shape: Shape;
  readonly levels: 4 | 5;
  readonly physBase: bigint;
  readonly kernelOffset: bigint;
  readonly smeMask: bigint;
  readonly stext: bigint;
  readonly root: bigint;
  readonly memSection: { readonly address: bigint; readonly length: number };
}

/** Bytes of struct mem_section without page_ext. */
export const SECTION_ENTRY = 16;

/** MAX_PHYSMEM_BITS (arch/x86/include/asm/sparsemem.h) */
export const PHYSMEM_BITS: Record<4 | 5, number> = { 4: 46, 5: 52 };

/** The text of a VMCOREINFO note as a kernel of that shape writes it, changed as given. */
export function vmcoreinfoText(facts: KeyFacts, changes: KeyChanges = {}): string {
  const lines: Record<string, string | null> = {
    PAGESIZE: '4096',
    ...facts.shape.keys,
    'SYMBOL(init_top_pgt)': hex(facts.root),
    'SYMBOL(_stext)': hex(facts.stext),
    'NUMBER(phys_base)': `${facts.physBase}`,
    'NUMBER(pgtable_l5_enabled)': facts.levels === 5 ? '1' : '0',
    'NUMBER(sme_mask)': `${facts.smeMask}`,
    KERNELOFFSET: hex(facts.kernelOffset),
    'NUMBER(KERNEL_IMAGE_SIZE)': '1073741824',
    'SYMBOL(mem_section)': hex(facts.memSection.address),
    'LENGTH(mem_section)': `${facts.memSection.length}`,
    'SIZE(mem_section)': `${SECTION_ENTRY}`,
    'OFFSET(mem_section.section_mem_map)': '0',
    'NUMBER(SECTION_SIZE_BITS)': '27',
    'NUMBER(MAX_PHYSMEM_BITS)': `${PHYSMEM_BITS[facts.levels]}`,
    ...changes,
  };
  const kept = Object.entries(lines).filter(([, value]) => value !== null);
  return kept.map(([key, value]) => `${key}=${value}\n`).join('');
}
