import { type Fact, fact } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { MmCounters, type MmUse } from './mm-counters.ts';
import { parentReader } from './parents.ts';
import { type BootClock, startReader } from './start-times.ts';
import type { Task } from './task.ts';
import type { TaskListing } from './task-listing.ts';

/** A task with what other structures add. */
export interface TaskDetails {
  readonly task: Task;
  /** PID of its parent process, 0 for none. */
  readonly ppid: Fact<number>;
  /** Real and effective user id in the first user namespace. */
  readonly owner: Fact<{ readonly uid: number; readonly euid: number }>;
  /** When it was started; nanoseconds since boot, including suspend. */
  readonly start: Fact<bigint>;
  /** Number of threads of its process. */
  readonly threads: number;
  /** null if it has no memory of its own: kernel threads, and processes that have ended. */
  readonly memory: Fact<MmUse | null>;
}

/**
 * Adds what is not in the task_struct itself.
 * @param wanted the tasks of the listing that are asked for
 * @param clock which no task may have been started after
 * @throws InspectError missingInfo or unsupported if this kernel's types do not show where it is
 */
export function taskDetails(
  typed: TypedKernel,
  listing: TaskListing,
  wanted: readonly Task[],
  clock: Fact<BootClock>,
): TaskDetails[] {
  const memory = memoryReader(typed, listing.tasks);
  const owner = ownerReader(typed);
  const parent = parentReader(typed, listing.tasks);
  const start = startReader(typed, clock);
  const threads = countBy(listing.tasks, ({ tgid }) => tgid);
  return wanted.map((task) => ({
    task,
    ppid: fact(() => parent(task)),
    owner: fact(() => owner(task)),
    start: start(task),
    threads: threads.get(task.tgid) ?? 0,
    memory: memory(task),
  }));
}

/** Returns how many of `all` have each key. */
export function countBy<T, K>(all: Iterable<T>, key: (one: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const one of all) counts.set(key(one), (counts.get(key(one)) ?? 0) + 1);
  return counts;
}

/** Returns a function that reads a task's memory use. Threads share an mm, so each is read once. */
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

/** Returns what the tasks of each mm have counted but not yet added to it. */
function cachedPages(tasks: readonly Task[]): Map<bigint, number[]> {
  const sums = new Map<bigint, number[]>();
  for (const { mm, cachedPages: pages } of tasks) {
    if (mm === 0n || pages.length === 0) continue;
    const before = sums.get(mm);
    sums.set(mm, before ? before.map((sum, i) => sum + (pages[i] ?? 0)) : [...pages]);
  }
  return sums;
}

/** Caches credentials: most tasks share a few. */
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
