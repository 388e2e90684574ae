/** One level of x86_64 page tables (Intel SDM 3A, 4.5; arch/x86/include/asm/pgtable_64_types.h). */
export interface PagingLevel {
  readonly name: 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';
  /** Lowest bit of the virtual address that indexes this level; an entry maps 2^shift bytes. */
  readonly shift: number;
  /** Whether bit 7 of an entry makes it a page instead of a table. */
  readonly mayBePage: boolean;
}

const PGD5: PagingLevel = { name: 'pgd', shift: 48, mayBePage: false };
const P4D: PagingLevel = { name: 'p4d', shift: 39, mayBePage: false };
const PGD4: PagingLevel = { name: 'pgd', shift: 39, mayBePage: false };
const PUD: PagingLevel = { name: 'pud', shift: 30, mayBePage: true };
const PMD: PagingLevel = { name: 'pmd', shift: 21, mayBePage: true };
const PTE: PagingLevel = { name: 'pte', shift: 12, mayBePage: false };

/** The two paging modes by number of levels, each from the root on. */
export const PAGING: Record<4 | 5, readonly PagingLevel[]> = {
  4: [PGD4, PUD, PMD, PTE],
  5: [PGD5, P4D, PUD, PMD, PTE],
};

export const ENTRIES = 512;
const PRESENT = 1n;
/** _PAGE_PSE */
export const PAGE_SIZE_BIT = 1n << 7n;
/** _PAGE_PROTNONE shares the global bit: without PRESENT it marks a page without access (pgtable_types.h) */
export const GLOBAL = 1n << 8n;
export const ADDRESS_MASK = 0x000f_ffff_ffff_f000n;

/** An entry of a page table, decoded. */
export interface Entry {
  readonly raw: bigint;
  readonly present: boolean;
  /** A page at this level, not a table. */
  readonly page: boolean;
  /** Physical address of the next table or of the page, bytes. */
  readonly physical: number;
}

/**
 * Decodes an entry; `encryptionMask` is sme_mask, the entry bit that is not part of the address (AMD SME,
 * 5.1+).
 */
export function decodeEntry(raw: bigint, level: PagingLevel, encryptionMask: bigint): Entry {
  const page = level.name === 'pte' || (level.mayBePage && (raw & PAGE_SIZE_BIT) !== 0n);
  // Bits below the page's own size are flags (PAT is bit 12 of a large page), not address bits.
  const sizeMask = page ? ~((1n << BigInt(level.shift)) - 1n) : ~0n;
  return {
    raw,
    present: (raw & PRESENT) !== 0n,
    page,
    physical: Number(raw & ADDRESS_MASK & ~encryptionMask & sizeMask),
  };
}

const FLAGS: readonly [bigint, string][] = [
  [1n, 'PRESENT'],
  [1n << 1n, 'RW'],
  [1n << 2n, 'USER'],
  [1n << 3n, 'PWT'],
  [1n << 4n, 'PCD'],
  [1n << 5n, 'ACCESSED'],
  [1n << 6n, 'DIRTY'],
  [1n << 63n, 'NX'],
];

/** Returns the names of an entry's flags, as in arch/x86/include/asm/pgtable_types.h without _PAGE_. */
export function entryFlagNames(entry: Entry, level: PagingLevel): string[] {
  const names = FLAGS.filter(([bit]) => (entry.raw & bit) !== 0n).map(([, name]) => name);
  if (level.mayBePage && entry.page) names.push('PSE');
  if (entry.page && (entry.raw & GLOBAL) !== 0n) names.push(entry.present ? 'GLOBAL' : 'PROTNONE');
  return names;
}

/** Whether a 64-bit address has bits 63 down to the highest translated one all equal. */
export function isCanonical(address: bigint, levels: 4 | 5): boolean {
  const bits = levels === 5 ? 57 : 48;
  return BigInt.asUintN(64, BigInt.asIntN(bits, address)) === address;
}

/** Returns the index of an address in the table of a level. */
export function indexAt(address: bigint, level: PagingLevel): number {
  return Number((address >> BigInt(level.shift)) & BigInt(ENTRIES - 1));
}
