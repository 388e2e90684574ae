import type { Check } from '../../kernel/evidence/check.ts';
import type { MmPages } from '../../kernel/tasks/mm-counters.ts';
import { memoryReader } from '../../kernel/tasks/processes.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { Problems } from './problems.ts';

/** A process and its memory. Processes that share their memory (CLONE_VM) count as one. */
export interface ProcessUse {
  readonly pid: number;
  readonly comm: string;
  /** file + anon + shmem: the resident set size as the kernel counts it. */
  readonly rss: number;
  readonly pages: MmPages;
  /** Bytes of its page tables. */
  readonly pageTables: number;
}

/** All processes with memory of their own, the largest first. */
export interface ProcessUses {
  readonly processes: readonly ProcessUse[];
  /**
   * Addresses of all task_structs: threads of processes and of the kernel, without the idle tasks of CPUs.
   */
  readonly tasks: readonly bigint[];
  /** The number of tasks against the kernel's. */
  readonly checks: readonly Check[];
}

/** @throws InspectError missingInfo, notMapped or notStored, when no task can be found */
export function processUses(typed: TypedKernel, problems: Problems): ProcessUses {
  const listing = listTasks(typed);
  problems.found(listing.problems, listing.whole);
  const memoryOf = memoryReader(typed, listing.tasks);
  const processes = [...ownersOfMemory(listing.tasks).values()].flatMap((task) => {
    const memory = memoryOf(task);
    if ('missing' in memory) {
      problems.wrong(`the memory of process ${task.pid}: ${memory.missing}`);
      return [];
    }
    if (memory.value === null) return [];
    const { pages, pageTables } = memory.value;
    const rss = pages.file + pages.anon + pages.shmem;
    return [{ pid: task.tgid, comm: task.comm, rss, pages, pageTables }];
  });
  processes.sort((a, b) => b.rss - a.rss || a.pid - b.pid);
  const { tasks, checks } = listing;
  return { processes, tasks: tasks.map(({ address }) => address), checks };
}

/** One task per mm: the leader of its process, unless that ended before its threads. */
function ownersOfMemory(tasks: readonly Task[]): Map<bigint, Task> {
  const owners = new Map<bigint, Task>();
  for (const task of tasks) {
    if (task.mm === 0n) continue;
    const before = owners.get(task.mm);
    if (!before || (task.pid === task.tgid && (before.pid !== before.tgid || task.pid < before.pid))) {
      owners.set(task.mm, task);
    }
  }
  return owners;
}
