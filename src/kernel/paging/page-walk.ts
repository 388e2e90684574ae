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

/** What a walk reads its tables with. */
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
  /** The last entry says something but is not present: swapped out, or no access. */
  | { readonly kind: 'notPresent'; readonly level: PagingLevel }
  /** A table that the walk needs cannot be read from the dump. */
  | {
      readonly kind: 'noTable';
      readonly level: PagingLevel;
      readonly table: number;
      readonly absence: Absence;
    };

export interface Walk {
  /** Virtual address. */
  readonly address: bigint;
  readonly steps: readonly WalkStep[];
  readonly result: WalkResult;
}

/**
 * Tables kept decoded. Neighbouring addresses share all levels, so one a level would do for a scan; a scan that looks
 * at vmemmap, mem_section, and the tables of the image at the same time needs a few dozen. 64 take 256 KiB.
 */
const CACHED_TABLES = 64;

class TableError extends Error {
  readonly missing: MissingByte;
  constructor(missing: MissingByte) {
    super(missing.absence);
    this.missing = missing;
  }
}

/** Walks page tables; every walk tells its steps. */
export class PageWalker {
  readonly #tables: PageTables;
  readonly #cache: Lru<number, BigUint64Array>;

  constructor(tables: PageTables) {
    this.#tables = tables;
    // Live tables change between two reads; a short memory still spares the levels of neighbouring addresses.
    this.#cache = new Lru(CACHED_TABLES);
  }

  get levels(): 4 | 5 {
    return this.#tables.levels;
  }

  get root(): number {
    return this.#tables.root;
  }

  /** The bit of entries that is no address bit, 0 where there is none. */
  get encryptionMask(): bigint {
    return this.#tables.encryptionMask;
  }

  /** Translates a virtual address entry by entry; never throws for what is in the tables. */
  walk(address: bigint): Walk {
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

  /** A whole table, or why it cannot be read. Read to its end, for 4 KiB cost about what 8 bytes cost. */
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

  /** The table at a physical address for one who scans instead of walking; undefined when it cannot be read. */
  table(physical: number): BigUint64Array | undefined {
    const entries = this.#table(physical);
    return entries instanceof BigUint64Array ? entries : undefined;
  }
}

function mapped(address: bigint, level: PagingLevel, entry: Entry): WalkResult {
  const pageSize = 2 ** level.shift;
  return { kind: 'mapped', physical: entry.physical + Number(address & BigInt(pageSize - 1)), pageSize };
}
