import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { cgroupKeys } from '../attribution/cgroup-keys.ts';
import { PageCharges } from './page-charges.ts';

/** THREAD_SIZE is 16 KiB, and with KASAN 32 KiB or 64 KiB. */
const STACK_PAGES = { usual: 4, most: 16 } as const;

/** By the stack of the first task, which is part of the kernel's image. */
function stackPages(typed: TypedKernel): number {
  const first = typed.findSymbol('init_stack');
  const size = first === undefined ? undefined : typed.symbols.nearest(first)?.size;
  const pages = Number(size ?? 0n) / PAGE_SIZE;
  return Number.isInteger(pages) && pages >= 1 && pages <= STACK_PAGES.most ? pages : STACK_PAGES.usual;
}

/**
 * Which cgroups tasks are in, and which their stacks and page tables are charged to: by address of a mem_cgroup or
 * obj_cgroup.
 */
export interface CgroupTasks {
  /** Processes that are in a cgroup. */
  readonly processes: ReadonlyMap<bigint, number>;
  /** Pages of stacks. */
  readonly stacks: ReadonlyMap<bigint, number>;
  /**
   * Second pages of top page tables. A kernel that isolates page tables (PTI), or an older one that can, allocates
   * two pages at once (pgd_allocation_order, arch/x86/include/asm/pgalloc.h), and only the first one's struct page
   * says whose they are, unless they are a compound.
   */
  readonly secondPages: ReadonlyMap<bigint, number>;
}

/** @param tasks addresses of the task_structs @throws InspectError missingInfo */
export function cgroupTasks(typed: TypedKernel, tasks: readonly bigint[]): CgroupTasks {
  const keys = cgroupKeys(typed);
  const found = { processes: new Map(), stacks: new Map() };
  if (keys === null) return { ...found, secondPages: new Map() };
  const task = typed.reader('task_struct', 'pid', 'tgid', 'cgroups', 'stack', 'mm', 'active_mm');
  const sets = new CssSets(typed);
  const charges = new PageCharges(typed, keys);
  const pages = stackPages(typed);
  const mms = new Set<bigint>();
  for (const address of tasks) {
    skipUnreadable(() => {
      task.load(address);
      for (const mm of [task.big('mm'), task.big('active_mm')]) mms.add(mm);
      if (task.number('pid') === task.number('tgid'))
        count(found.processes, sets.cgroupOf(task.big('cgroups')));
      for (let page = 0; page < pages; page++)
        count(found.stacks, charges.of(task.big('stack') + BigInt(page * PAGE_SIZE)));
    });
  }
  mms.delete(0n);
  return { ...found, secondPages: secondPagesOf(typed, mms, charges) };
}

/** Either all top page tables have a second page or none: one that the next page cannot belong to decides it. */
function secondPagesOf(
  typed: TypedKernel,
  mms: Iterable<bigint>,
  charges: PageCharges,
): ReadonlyMap<bigint, number> {
  const counts = new Map<bigint, number>();
  let arePairs = true;
  const pgd = typed.reader('mm_struct', 'pgd');
  for (const mm of mms)
    skipUnreadable(() => {
      const { of, isPair } = charges.withNext(pgd.load(mm).big('pgd'));
      if (of === 0n) return;
      arePairs &&= isPair;
      count(counts, of);
    });
  return arePairs ? counts : new Map();
}

/** The cgroups of sets of csses, each of which many tasks share. */
class CssSets {
  readonly #typed: TypedKernel;
  readonly #memory: bigint;
  readonly #known = new Map<bigint, bigint>();

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    const id = Number(typed.types.enumerator('memory_cgrp_id') ?? 0n);
    this.#memory = BigInt(typed.types.struct('css_set').offsetOf(`subsys[${id}]`));
  }

  /** Returns the mem_cgroup, of which the css of the memory controller is the first member. */
  cgroupOf(set: bigint): bigint {
    let cgroup = this.#known.get(set);
    if (cgroup === undefined) {
      cgroup = this.#typed.space.u64(set + this.#memory);
      this.#known.set(set, cgroup);
    }
    return cgroup;
  }
}

/** The list of tasks has been checked before; a single stack that is lost shows in the checks. */
function skipUnreadable(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
  }
}

function count(counts: Map<bigint, number>, of: bigint): void {
  if (of !== 0n) counts.set(of, (counts.get(of) ?? 0) + 1);
}
