import type { Absence } from '../../absence.ts';
import { Lru } from '../../bytes/lru.ts';
import type { MissingByte, PhysicalMemory } from '../../formats/image/image.ts';
import {
  decodeEntry,
  ENTRIES,
  type Entry,
  indexAt,
  isCanonical,
  PAGING,
  type PagingLevel,
} from './paging.ts';

/** What a walk needs to read page tables. */
export interface PageTables {
  readonly memory: PhysicalMemory;
  /** Physical address of the root table, bytes. */
  readonly root: number;
  readonly levels: 4 | 5;
  /** NUMBER(sme_mask), 0 without memory encryption. */
  readonly encryptionMask: bigint;
}

/** One entry that a walk looked at. */
export interface WalkStep {
  readonly level: PagingLevel;
  /** Physical address of the table, bytes. */
  readonly table: number;
  readonly index: number;
  readonly entry: Entry;
}

export type WalkResult =
  | { readonly kind: 'mapped'; readonly physical: number; readonly pageSize: number }
  /** The address cannot be a virtual address in this paging mode. */
  | { readonly kind: 'notCanonical' }
  /** The last entry is empty: nothing is mapped. */
  | { readonly kind: 'notMapped'; readonly level: PagingLevel }
  /** The last entry is not empty but not present: swapped out, or no access. */
  | { readonly kind: 'notPresent'; readonly level: PagingLevel }
  /** A table that the walk needs cannot be read from the dump. */
  | {
      readonly kind: 'noTable';
      readonly level: PagingLevel;
      readonly table: number;
      readonly absence: Absence;
    };

export interface PageTableWalk {
  /** Virtual address. */
  readonly address: bigint;
  readonly steps: readonly WalkStep[];
  readonly result: WalkResult;
}

/**
 * Number of decoded tables kept. Neighbouring addresses share all levels, so a scan needs one per level; a
 * scan that goes through vmemmap, mem_section and the image's page tables at once needs a few dozen. 64 take
 * 256 KiB.
 */
const CACHED_TABLES = 64;

class TableError extends Error {
  readonly missing: MissingByte;
  constructor(missing: MissingByte) {
    super(missing.absence);
    this.missing = missing;
  }
}

/** Walks page tables and records every step. */
export class PageWalker {
  readonly #tables: PageTables;
  readonly #cache: Lru<number, BigUint64Array>;

  constructor(tables: PageTables) {
    this.#tables = tables;
    // A running kernel changes its tables between reads; a short-lived cache still helps neighbouring
    // addresses.
    this.#cache = new Lru(CACHED_TABLES);
  }

  get levels(): 4 | 5 {
    return this.#tables.levels;
  }

  get root(): number {
    return this.#tables.root;
  }

  /** The bit of entries that is not part of the address, 0 if there is none. */
  get encryptionMask(): bigint {
    return this.#tables.encryptionMask;
  }

  /** Translates a virtual address entry by entry; never throws for what the tables contain. */
  walk(address: bigint): PageTableWalk {
    const steps: WalkStep[] = [];
    if (!isCanonical(address, this.#tables.levels))
      return { address, steps, result: { kind: 'notCanonical' } };
    let table = this.#tables.root;
    for (const level of PAGING[this.#tables.levels]) {
      const entries = this.#table(table);
      if (!(entries instanceof BigUint64Array)) {
        return { address, steps, result: { kind: 'noTable', level, table, absence: entries.absence } };
      }
      const index = indexAt(address, level);
      const entry = decodeEntry(entries[index] ?? 0n, level, this.#tables.encryptionMask);
      steps.push({ level, table, index, entry });
      if (!entry.present)
        return { address, steps, result: { kind: entry.raw === 0n ? 'notMapped' : 'notPresent', level } };
      if (entry.page) return { address, steps, result: mapped(address, level, entry) };
      table = entry.physical;
    }
    throw new Error('the last level of paging maps pages');
  }

  /** Returns a whole table, or why it cannot be read: reading 4 KiB costs about as much as 8 bytes. */
  #table(physical: number): BigUint64Array | MissingByte {
    try {
      return this.#cache.get(physical, () => {
        const entries = new BigUint64Array(ENTRIES);
        const missing = this.#tables.memory.read(physical, new Uint8Array(entries.buffer));
        if (missing) throw new TableError(missing);
        return entries;
      });
    } catch (error) {
      if (error instanceof TableError) return error.missing;
      throw error;
    }
  }

  /** Returns the table at a physical address, for scans; undefined if it cannot be read. */
  table(physical: number): BigUint64Array | undefined {
    const entries = this.#table(physical);
    return entries instanceof BigUint64Array ? entries : undefined;
  }
}

function mapped(address: bigint, level: PagingLevel, entry: Entry): WalkResult {
  const pageSize = 2 ** level.shift;
  return { kind: 'mapped', physical: entry.physical + Number(address & BigInt(pageSize - 1)), pageSize };
}
