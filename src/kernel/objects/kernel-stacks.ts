import type { TypedKernel } from '../typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';
import type { VmallocArea } from './vmalloc.ts';

/** How the areas of kernel stacks look (CONFIG_VMAP_STACK): who asked for them, and their pages. */
export interface StackAreas {
  readonly callers: ReadonlySet<bigint>;
  readonly pages: number;
}

/**
 * Learns it from the stacks of tasks: the areas of the same callers and size that no task has are kept for new ones, up
 * to two for each CPU (NR_CACHED_STACKS, kernel/fork.c). null where no task's stack is an area.
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

/** Whether an area is a kernel stack, or kept to be one. */
export function isStackArea({ caller, pages }: VmallocArea, stacks: StackAreas): boolean {
  return pages === stacks.pages && stacks.callers.has(caller);
}

/** Stacks that no task has. All figures are pages. */
export interface SpareStacks {
  /** Those that CPUs keep for new tasks (cached_stacks, kernel/fork.c). */
  readonly cached: number;
  /** Those of tasks that have ended, which RCU has yet to free. */
  readonly ending: number;
}

/**
 * Counts the stacks that are no longer, or not yet, counted in NR_KERNEL_STACK_KB. null where the kernel's symbols do not
 * tell which these are.
 * @throws InspectError notMapped, notStored or missingInfo
 */
export function readSpareStacks(
  typed: TypedKernel,
  tasks: readonly bigint[],
  areas: readonly VmallocArea[],
): SpareStacks | null {
  if (typed.findSymbol('cached_stacks') === undefined) return null;
  const cached = cachedStacks(typed);
  const held = stacksOf(typed, tasks);
  const free = typed.findSymbol('thread_stack_free_rcu');
  const spare = areas.filter(({ address }) => !held.has(address));
  const sum = (of: readonly VmallocArea[]) => of.reduce((all, { pages }) => all + pages, 0);
  return {
    cached: sum(spare.filter(({ address }) => cached.has(address))),
    ending: sum(spare.filter(({ address }) => !cached.has(address) && endsIn(typed, address, free))),
  };
}

/** NR_CACHED_STACKS */
const CACHED_STACKS = 2;

/** Their virtual addresses: each CPU has an array of pointers to their areas. */
function cachedStacks(typed: TypedKernel): ReadonlySet<bigint> {
  const area = typed.reader('vm_struct', 'addr');
  const pointers = new PerCpu(typed)
    .variables('cached_stacks')
    .flatMap(({ address }) => [...new BigUint64Array(typed.space.bytes(address, 8 * CACHED_STACKS).buffer)]);
  return new Set(pointers.filter((at) => at !== 0n).map((at) => area.load(at).big('addr')));
}

/** At its lowest address such a stack has a struct vm_stack, which begins with an rcu_head: next, and the function to call. */
function endsIn({ space }: TypedKernel, stack: bigint, free: bigint | undefined): boolean {
  return free !== undefined && space.u64(stack + 8n) === free;
}

function stacksOf(typed: TypedKernel, tasks: readonly bigint[]): ReadonlySet<bigint> {
  const task = typed.reader('task_struct', 'stack');
  return new Set([...tasks, ...idleTasks(typed)].map((address) => task.load(address).big('stack')));
}

/** The idle tasks are in no list; that of CPU 0 is part of the image. */
function idleTasks(typed: TypedKernel): bigint[] {
  if (typed.findSymbol('idle_threads') === undefined) return [];
  const pointers = new PerCpu(typed).variables('idle_threads');
  return pointers.map(({ address }) => typed.space.u64(address)).filter((task) => task !== 0n);
}
