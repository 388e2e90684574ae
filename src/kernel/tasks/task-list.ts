import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { fact } from '../evidence/fact.ts';
import { Sentences } from '../evidence/sentences.ts';
import { isCut, walkList } from '../objects/list.ts';
import { readMemoryTotals } from '../objects/memory-totals.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PID_LIMIT, type Task, TaskReader } from './task.ts';

/**
 * How many tasks are listed: each takes a kilobyte or two until it is shown, and few machines have a tenth of
 * them.
 */
export const TASKS_LIMIT = 1 << 17;

/** Tasks by address of their task_struct, in the order they were found, and what could not be followed. */
export interface FoundTasks {
  readonly tasks: Map<bigint, Task>;
  readonly problems: Sentences;
  /** Whether tasks may be missing, judged by the lists alone. */
  cut: boolean;
  /** Whether there are more tasks than the limit. */
  full: boolean;
  /** Whether other structures contradict tasks. */
  doubtful: boolean;
}

/**
 * Finds tasks by the kernel's lists: init_task.tasks links the leaders of all thread groups,
 * signal_struct.thread_head the threads of one. The idle tasks of the CPUs are in neither.
 */
export class TaskList {
  readonly #typed: TypedKernel;
  readonly #reader: TaskReader;
  /** Bytes to the list nodes in a task_struct. */
  readonly #tasks: bigint;
  readonly #threadNode: bigint;
  /** Bytes to the head of the list of threads in a signal_struct. */
  readonly #threadHead: bigint;
  readonly #most: number;

  /**
   * @param most limit of tasks
   * @throws InspectError missingInfo if this kernel's types cannot be read
   */
  constructor(typed: TypedKernel, most: number) {
    this.#typed = typed;
    this.#most = most;
    this.#reader = new TaskReader(typed);
    const task = typed.types.struct('task_struct');
    this.#tasks = BigInt(task.offsetOf('tasks'));
    this.#threadNode = BigInt(task.offsetOf('thread_node'));
    this.#threadHead = BigInt(typed.types.struct('signal_struct').offsetOf('thread_head'));
  }

  /** @throws InspectError missingInfo, notMapped or notStored if the head of the list cannot be read */
  find(): FoundTasks {
    const found: FoundTasks = {
      tasks: new Map(),
      problems: new Sentences(),
      cut: false,
      full: false,
      doubtful: false,
    };
    const limit = tasksLimit(this.#typed, this.#most);
    const head = this.#typed.symbol('init_task') + this.#tasks;
    const leaders = this.#walk('the list of tasks', head, this.#tasks, found, limit);
    let left = limit;
    for (const address of leaders) {
      const leader = this.add(address, found);
      if (leader && !leader.alone) left -= this.#addThreads(leader, found, left);
    }
    return found;
  }

  /** Reads a task that was not yet found, and keeps it if it is valid. */
  add(address: bigint, found: FoundTasks): Task | undefined {
    const { tasks, problems } = found;
    try {
      const known = tasks.get(address);
      if (known === undefined && this.#isFull(found)) return undefined;
      const task = known ?? this.#reader.read(address);
      if (!isPossible(task)) {
        problems.push(`there is no task at ${hex(address)}: its PID is ${task.pid}, its TGID ${task.tgid}`);
        found.cut = true;
        return undefined;
      }
      tasks.set(address, task);
      return task;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      problems.push(`the task at ${hex(address)} cannot be read: ${error.message}`);
      found.cut = true;
      return undefined;
    }
  }

  /** Whether the limit is reached, which is reported once. */
  #isFull(found: FoundTasks): boolean {
    if (found.tasks.size < this.#most) return false;
    if (!found.full)
      found.problems.push(`there are more than ${this.#most} tasks; the others are not listed`);
    found.full = true;
    found.cut = true;
    return true;
  }

  /** Returns how many nodes it walked: that bounds the walk of lists that lead into each other. */
  #addThreads({ signal, pid }: Task, found: FoundTasks, limit: number): number {
    const what = `the list of threads of process ${pid}`;
    const threads = this.#walk(what, signal + this.#threadHead, this.#threadNode, found, limit);
    for (const address of threads) this.add(address, found);
    return threads.length;
  }

  /** Walks a list of tasks with its node `node` bytes into the task_struct. */
  #walk(what: string, head: bigint, node: bigint, found: FoundTasks, limit: number): bigint[] {
    try {
      const { nodes, broken } = walkList(this.#typed.space, head, Math.max(0, limit));
      if (broken) found.problems.push(`${what} is broken at ${hex(broken.address)}: ${broken.reason}`);
      found.cut ||= isCut(broken);
      return nodes.map((at) => at - node);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      found.problems.push(`${what} cannot be read: ${error.message}`);
      found.cut = true;
      return [];
    }
  }
}

/** PIDs are below PID_MAX_LIMIT (include/linux/threads.h). */
function isPossible({ pid, tgid }: Task): boolean {
  return pid > 0 && pid < PID_LIMIT && tgid > 0 && tgid < PID_LIMIT;
}

/**
 * A task has a stack of at least four pages (THREAD_SIZE_ORDER of x86_64 is at least 2), so memory limits
 * their number.
 */
const STACK_BYTES = 4 * PAGE_SIZE;
/** The least limit: as many as fit into 256 MiB. */
const LEAST_LIMIT = 1 << 14;

function tasksLimit(typed: TypedKernel, most: number): number {
  const memory = fact(() => readMemoryTotals(typed).total);
  const stacks = 'value' in memory ? Math.floor(memory.value / STACK_BYTES) : most;
  // One more than the limit shows that there are more.
  return Math.min(most + 1, Math.max(LEAST_LIMIT, stacks));
}
