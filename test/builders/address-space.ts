import { AddressSpace } from '../../src/kernel/paging/address-space.ts';
import { PageWalker } from '../../src/kernel/paging/page-walk.ts';
import { BuiltMemory, type MemoryPlan } from './memory.ts';
import { BuiltTables, KIB4, MIB2 } from './page-tables.ts';

/** Physical address of the root table; further tables follow in the order they are needed. */
export const ROOT = 0x1000;

interface SpacePlan extends Partial<MemoryPlan> {
  readonly levels?: 4 | 5;
  readonly smeMask?: bigint;
}

/** Page tables in 4 MiB of memory: tables from 0x1000 on, everything else is free to be mapped. */
export class BuiltSpace {
  readonly memory: BuiltMemory;
  readonly tables: BuiltTables;
  readonly walker: PageWalker;
  readonly space: AddressSpace;
  readonly #plan: SpacePlan;
  #next = ROOT + KIB4;

  constructor(plan: SpacePlan = {}) {
    this.#plan = plan;
    const { levels = 4, smeMask = 0n } = plan;
    this.memory = new BuiltMemory({ described: [{ start: ROOT, end: 2 * MIB2 }], ...plan });
    this.tables = new BuiltTables({
      memory: this.memory,
      root: ROOT,
      levels,
      smeMask,
      allocate: () => {
        const table = this.#next;
        this.#next += KIB4;
        return table;
      },
    });
    this.walker = new PageWalker({ memory: this.memory, root: ROOT, levels, encryptionMask: smeMask });
    this.space = new AddressSpace(this.walker, this.memory);
  }

  /** Removes memory from the dump after everything is written. */
  without(plan: Partial<MemoryPlan>): this {
    this.memory.plan({ described: [{ start: ROOT, end: 2 * MIB2 }], ...this.#plan, ...plan });
    return this;
  }
}
