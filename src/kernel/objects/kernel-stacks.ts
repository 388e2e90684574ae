import type { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';
import type { VmallocArea } from './vmalloc.ts';

/** The areas of kernel stacks (CONFIG_VMAP_STACK): the code that allocated them, and their size in pages. */
export interface StackAreas {
  readonly callers: ReadonlySet<bigint>;
  readonly pages: number;
}

/**
 * Learns what stack areas look like from the stacks of tasks. Areas of the same callers and size that no task
 * has are kept for new tasks, up to two per CPU (NR_CACHED_STACKS, kernel/fork.c). Returns null if no task's
 * stack is such an area.
 * @throws InspectError notMapped, notStored or missingInfo
 */
export function findStackAreas(
  typed: TypedKernel,
  tasks: readonly bigint[],
  areas: readonly VmallocArea[],
): StackAreas | null {
  const stacks = stacksOf(typed, tasks);
  const used = areas.filter(({ address }) => stacks.has(address));
  const [first] = used;
  return first ? { callers: new Set(used.map(({ caller }) => caller)), pages: first.pages } : null;
}

/** Whether an area is a kernel stack, in use or kept for a new task. */
export function isStackArea({ caller, pages }: VmallocArea, stacks: StackAreas): boolean {
  return pages === stacks.pages && stacks.callers.has(caller);
}

/** Stacks that no task has; pages. */
export interface SpareStacks {
  /** Kept by CPUs for new tasks (cached_stacks, kernel/fork.c); not in NR_KERNEL_STACK_KB. */
  readonly cached: number;
  /** Others: of ended tasks, until RCU frees them; NR_KERNEL_STACK_KB has all of them, or none. */
  readonly other: number;
}

/** @throws InspectError notMapped, notStored or missingInfo */
export function readSpareStacks(
  typed: TypedKernel,
  tasks: readonly bigint[],
  areas: readonly VmallocArea[],
): SpareStacks {
  const cached = cachedStacks(typed);
  const held = stacksOf(typed, tasks);
  const spare = areas.filter(({ address }) => !held.has(address));
  const sum = (of: readonly VmallocArea[]) => of.reduce((all, { pages }) => all + pages, 0);
  return {
    cached: sum(spare.filter(({ address }) => cached.has(address))),
    other: sum(spare.filter(({ address }) => !cached.has(address))),
  };
}

/** NR_CACHED_STACKS */
const CACHED_STACKS = 2;

/**
 * Returns their virtual addresses: each CPU has an array of pointers to areas. Empty if there is no such
 * symbol.
 */
function cachedStacks(typed: TypedKernel): ReadonlySet<bigint> {
  if (typed.findSymbol('cached_stacks') === undefined) return new Set();
  const area = typed.reader('vm_struct', 'addr');
  const pointers = new PerCpu(typed)
    .variables('cached_stacks')
    .flatMap(({ address }) => [...new BigUint64Array(typed.space.bytes(address, 8 * CACHED_STACKS).buffer)]);
  return new Set(pointers.filter((at) => at !== 0n).map((at) => area.load(at).big('addr')));
}

function stacksOf(typed: TypedKernel, tasks: readonly bigint[]): ReadonlySet<bigint> {
  const task = typed.reader('task_struct', 'stack');
  return new Set([...tasks, ...idleTasks(typed)].map((address) => task.load(address).big('stack')));
}

/** Idle tasks are in no list; CPU 0's is part of the image. */
function idleTasks(typed: TypedKernel): bigint[] {
  if (typed.findSymbol('idle_threads') === undefined) return [];
  const pointers = new PerCpu(typed).variables('idle_threads');
  return pointers.map(({ address }) => typed.space.u64(address)).filter((task) => task !== 0n);
}
