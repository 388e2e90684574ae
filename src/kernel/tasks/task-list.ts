import { hex } from '../../bytes/hex.ts';
import { InspectError } from '../../errors.ts';
import { walkList } from '../objects/list.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import { PID_LIMIT, type Task, TaskReader } from './task.ts';

/** There are no more tasks at a time than PIDs. */
export const TASKS_LIMIT = PID_LIMIT;

/** Tasks by the address of their task_struct, in the order in which they were found, and what could not be followed. */
export interface FoundTasks {
  readonly tasks: Map<bigint, Task>;
  /** Sentences. */
  readonly problems: string[];
}

/**
 * Finds tasks by the lists that the kernel keeps of them: init_task.tasks has the leader of each thread group, and
 * signal_struct.thread_head the threads of one. The idle tasks of the CPUs are in none of them.
 */
export class TaskList {
  readonly #typed: TypedKernel;
  readonly #reader: TaskReader;
  /** Where list nodes are in a task_struct, and the head of its threads in a signal_struct; bytes. */
  readonly #tasks: bigint;
  readonly #threadNode: bigint;
  readonly #threadHead: bigint;

  /** @throws InspectError missingInfo, when this kernel's types cannot be had */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#reader = new TaskReader(typed);
    const task = typed.types.struct('task_struct');
    this.#tasks = BigInt(task.offsetOf('tasks'));
    this.#threadNode = BigInt(task.offsetOf('thread_node'));
    this.#threadHead = BigInt(typed.types.struct('signal_struct').offsetOf('thread_head'));
  }

  /** @throws InspectError missingInfo, notMapped or notStored, when the head of the list cannot be read */
  find(): FoundTasks {
    const found: FoundTasks = { tasks: new Map(), problems: [] };
    const leaders = this.#walk(
      'the list of tasks',
      this.#typed.symbol('init_task') + this.#tasks,
      this.#tasks,
    );
    for (const problem of leaders.problems) found.problems.push(problem);
    let left = TASKS_LIMIT;
    for (const address of leaders.addresses) {
      const leader = this.add(address, found);
      if (leader && !leader.alone) left -= this.#addThreads(leader, found, left);
    }
    return found;
  }

  /** Reads a task, if it was not yet found. */
  add(address: bigint, { tasks, problems }: FoundTasks): Task | undefined {
    try {
      const task = tasks.get(address) ?? this.#reader.read(address);
      tasks.set(address, task);
      return task;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      problems.push(`the task at ${hex(address)} cannot be read: ${error.message}`);
      return undefined;
    }
  }

  /** Returns how many nodes it walked, so that lists that lead into each other are not walked for ever. */
  #addThreads({ signal, pid }: Task, found: FoundTasks, limit: number): number {
    const what = `the list of threads of process ${pid}`;
    const threads = this.#walk(what, signal + this.#threadHead, this.#threadNode, limit);
    for (const problem of threads.problems) found.problems.push(problem);
    for (const address of threads.addresses) this.add(address, found);
    return threads.addresses.length;
  }

  /** A list of tasks whose node is `node` bytes into a task_struct. */
  #walk(
    what: string,
    head: bigint,
    node: bigint,
    limit = TASKS_LIMIT,
  ): { addresses: bigint[]; problems: string[] } {
    try {
      const { nodes, broken } = walkList(this.#typed.space, head, Math.max(0, limit));
      const problems = broken ? [`${what} is broken at ${hex(broken.address)}: ${broken.reason}`] : [];
      return { addresses: nodes.map((at) => at - node), problems };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return { addresses: [], problems: [`${what} cannot be read: ${error.message}`] };
    }
  }
}
