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
  const task = typed.reader('task_struct', 'stack');
  const stacks = new Set([...tasks, ...idleTasks(typed)].map((address) => task.load(address).big('stack')));
  const used = areas.filter(({ address }) => stacks.has(address));
  const [first] = used;
  return first ? { callers: new Set(used.map(({ caller }) => caller)), pages: first.pages } : null;
}

/** Whether an area is a kernel stack, or kept to be one. */
export function isStackArea({ caller, pages }: VmallocArea, stacks: StackAreas): boolean {
  return pages === stacks.pages && stacks.callers.has(caller);
}

/** The idle tasks are in no list; that of CPU 0 is part of the image. */
function idleTasks(typed: TypedKernel): bigint[] {
  if (typed.findSymbol('idle_threads') === undefined) return [];
  const pointers = new PerCpu(typed).variables('idle_threads');
  return pointers.map(({ address }) => typed.space.u64(address)).filter((task) => task !== 0n);
}
