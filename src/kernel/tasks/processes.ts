import { type Fact, fact } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { MmCounters, type MmUse } from './mm-counters.ts';
import { parentReader } from './parents.ts';
import type { Task } from './task.ts';
import type { TaskListing } from './task-listing.ts';

/** A task with what other structures say of it. */
export interface TaskDetails {
  readonly task: Task;
  /** PID of its parent process, 0 for none. */
  readonly ppid: Fact<number>;
  /** Real and effective user, as the first user namespace numbers them. */
  readonly owner: Fact<{ readonly uid: number; readonly euid: number }>;
  /** Threads of its process. */
  readonly threads: number;
  /** null for what has no memory of its own: threads of the kernel, and processes that have ended. */
  readonly memory: Fact<MmUse | null>;
}

/**
 * Adds to tasks what is not in their task_struct. @param wanted those of the listing that are asked for
 * @throws InspectError missingInfo or unsupported, when this kernel's types do not tell where to look
 */
export function taskDetails(
  typed: TypedKernel,
  listing: TaskListing,
  wanted: readonly Task[],
): TaskDetails[] {
  const memory = memoryReader(typed, listing.tasks);
  const owner = ownerReader(typed);
  const parent = parentReader(typed, listing.tasks);
  const threads = countBy(listing.tasks, ({ tgid }) => tgid);
  return wanted.map((task) => ({
    task,
    ppid: fact(() => parent(task)),
    owner: fact(() => owner(task)),
    threads: threads.get(task.tgid) ?? 0,
    memory: memory(task),
  }));
}

/** How many of `all` have each key. */
export function countBy<T, K>(all: Iterable<T>, key: (one: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}

/** What tasks of a listing have of memory. Threads share an mm, so each is read once. */
export function memoryReader(typed: TypedKernel, tasks: readonly Task[]): (task: Task) => Fact<MmUse | null> {
  const counters = fact(() => new MmCounters(typed));
  const cached = cachedPages(tasks);
  const known = new Map<bigint, Fact<MmUse | null>>([[0n, { value: null }]]);
  return ({ mm }) => {
    const use =
      known.get(mm) ??
      ('missing' in counters ? counters : fact(() => counters.value.read(mm, cached.get(mm) ?? [])));
    known.set(mm, use);
    return use;
  };
}

/** What the tasks of each mm have counted and not yet added to it. */
function cachedPages(tasks: readonly Task[]): Map<bigint, number[]> {
  const sums = new Map<bigint, number[]>();
  for (const { mm, cachedPages: pages } of tasks) {
    if (mm === 0n || pages.length === 0) continue;
    const before = sums.get(mm);
    sums.set(mm, before ? before.map((sum, i) => sum + (pages[i] ?? 0)) : [...pages]);
  }
  return sums;
}

/** Most tasks have one of few credentials. */
function ownerReader(typed: TypedKernel): (task: Task) => { uid: number; euid: number } {
  const reader = typed.reader('cred', 'uid', 'euid');
  const known = new Map<bigint, { uid: number; euid: number }>();
  return ({ cred }) => {
    const read = () => {
      const loaded = reader.load(cred);
      return { uid: loaded.number('uid'), euid: loaded.number('euid') };
    };
    const owner = known.get(cred) ?? read();
    known.set(cred, owner);
    return owner;
  };
}
