import type { BuiltMemory } from './memory.ts';

export const KIB4 = 4096;
export const MIB2 = 2 ** 21;
export const GIB1 = 2 ** 30;

/** PRESENT, RW, ACCESSED, DIRTY (arch/x86/include/asm/pgtable_types.h) */
const TABLE = 0x63n;
const PSE = 1n << 7n;

/** Lowest virtual address bit that indexes a table, root first (Intel SDM 3A, 4.5). */
const SHIFTS: Record<4 | 5, readonly number[]> = { 4: [39, 30, 21, 12], 5: [48, 39, 30, 21, 12] };

interface TablesPlan {
  readonly memory: BuiltMemory;
  readonly root: number;
  readonly levels: 4 | 5;
  /** A bit set in every entry, as by memory encryption. */
  readonly smeMask?: bigint;
  /** Returns a free page for another table. */
  readonly allocate: () => number;
}

/** Page tables in built memory. */
export class BuiltTables {
  readonly #plan: TablesPlan;

  constructor(plan: TablesPlan) {
    this.#plan = plan;
  }

  get root(): number {
    return this.#plan.root;
  }

  /** Maps one page of 4 KiB, 2 MiB or 1 GiB; `flags` are set besides the usual ones. */
  map(virtual: bigint, physical: number, size: number = KIB4, flags = 0n): void {
    const large = size === KIB4 ? 0n : PSE;
    this.set(virtual, size, BigInt(physical) | TABLE | large | flags | (this.#plan.smeMask ?? 0n));
  }

  /** Maps a range with the largest pages that fit. */
  mapRange(virtual: bigint, physical: number, length: number): void {
    for (let done = 0; done < length; ) {
      const fits = (size: number) =>
        (physical + done) % size === 0 &&
        (virtual + BigInt(done)) % BigInt(size) === 0n &&
        length - done >= size;
      const size = [GIB1, MIB2].find(fits) ?? KIB4;
      this.map(virtual + BigInt(done), physical + done, size);
      done += size;
    }
  }

  /** Writes a raw entry at the level whose entries span `span` bytes. */
  set(virtual: bigint, span: number, raw: bigint): void {
    this.#plan.memory.writeU64(this.entryAt(virtual, span), raw);
  }

  /**
   * Returns the physical address of the entry for a virtual address, at the level whose entries span `span`
   * bytes.
   */
  entryAt(virtual: bigint, span: number): number {
    const { memory, root, levels, allocate } = this.#plan;
    let table = root;
    for (const shift of SHIFTS[levels]) {
      const at = table + Number((virtual >> BigInt(shift)) & 511n) * 8;
      if (2 ** shift === span) return at;
      if (memory.peekU64(at) === 0n) {
        memory.writeU64(at, BigInt(allocate()) | TABLE | (this.#plan.smeMask ?? 0n));
      }
      table = Number(memory.peekU64(at) & ~(this.#plan.smeMask ?? 0n) & 0x000f_ffff_ffff_f000n);
    }
    throw new Error(`no level has entries of ${span} bytes`);
  }

  /** Returns the physical address of the table with the entry for a virtual address. */
  tableOf(virtual: bigint, span: number): number {
    const at = this.entryAt(virtual, span);
    return at - (at % KIB4);
  }
}
