import { BuiltTables, KIB4 } from './page-tables.ts';
import type { TaskKernel } from './task-kernel.ts';

/** The end of the user's part of an address space of 4 levels, where the stack is. */
const STACK_END = 0x7fff_ffff_f000n;

/** The memory of a process of a built kernel: page tables of its own, and a stack of a few pages. */
export class BuiltProcess {
  readonly tables: BuiltTables;
  readonly #kernel: TaskKernel;
  readonly #mm: number;

  /** @param mm index of its mm_struct */
  constructor(kernel: TaskKernel, mm: number) {
    const built = kernel.built.kernel;
    const root = built.allocate(KIB4);
    this.#kernel = kernel;
    this.#mm = mm;
    this.tables = new BuiltTables({
      memory: built.memory,
      root,
      levels: built.levels,
      allocate: () => built.allocate(KIB4),
    });
    // The kernel's half is the same in all processes.
    const half = KIB4 / 2;
    for (let at = half; at < KIB4; at += 8)
      built.memory.writeU64(root + at, built.memory.peekU64(built.tables.root + at));
  }

  /** Returns the address of a page of the stack; 0 is the highest. */
  stackPage(page: number): bigint {
    return STACK_END - BigInt(KIB4 * (page + 1));
  }

  /** Maps a page of the stack and returns its physical address. */
  mapPage(page: number): number {
    const physical = this.#kernel.built.kernel.allocate(KIB4);
    this.tables.map(this.stackPage(page), physical);
    return physical;
  }

  /** Writes to mapped memory. */
  write(address: bigint, text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    const { memory } = this.#kernel.built.kernel;
    for (let i = 0; i < bytes.length; i++) {
      const at = address + BigInt(i);
      const page = at - (at % BigInt(KIB4));
      const entry = memory.peekU64(this.tables.entryAt(page, KIB4));
      const physical = Number(entry & 0x000f_ffff_ffff_f000n) + Number(at - page);
      memory.write(physical, bytes.subarray(i, i + 1));
    }
  }

  /** Tells the kernel where the arguments are, and the environment, which follows them. */
  place(argStart: bigint, argEnd: bigint, envEnd = argEnd, envStart = argEnd): void {
    const { kernel } = this.#kernel.built;
    this.#kernel.setPlaces(this.#mm, kernel.direct(this.tables.root), [argStart, argEnd, envStart, envEnd]);
  }
}
