import { type Mapped, ReverseMap } from '../../kernel/objects/reverse-map.ts';
import type { Task } from '../../kernel/tasks/task.ts';
import { listTasks } from '../../kernel/tasks/task-listing.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { PageMappers } from './owner.ts';

/** How many mappers are named: a page of libc has one per process. */
const NAMED = 16;

/** Finds the processes that map a page. */
export class Mappers {
  readonly #typed: TypedKernel;
  readonly #reverse: ReverseMap;
  #byMemory: Map<bigint, Task> | undefined;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#reverse = new ReverseMap(typed);
  }

  /** @throws InspectError notMapped, notStored */
  ofAnonymous(anonVma: bigint, index: bigint, pfn: number): PageMappers {
    return this.#named(this.#reverse.ofAnonymous(anonVma, index, pfn));
  }

  /** @throws InspectError notMapped, notStored */
  ofFile(mapping: bigint, index: bigint, pfn: number): PageMappers {
    return this.#named(this.#reverse.ofFile(mapping, index, pfn));
  }

  #named({ mappings, cut, broken }: Mapped): PageMappers {
    const tasks = mappings.length > 0 ? this.#tasks() : new Map<bigint, Task>();
    const known = mappings.flatMap(({ mm, address }) => {
      const task = tasks.get(mm);
      return task ? [{ pid: task.tgid, comm: task.comm, address }] : [];
    });
    known.sort((a, b) => a.pid - b.pid);
    return { mappers: known.slice(0, NAMED), count: mappings.length, complete: !cut && broken === null };
  }

  /** One task per mm: the leader of its process, unless that has ended. */
  #tasks(): ReadonlyMap<bigint, Task> {
    if (this.#byMemory) return this.#byMemory;
    this.#byMemory = new Map();
    for (const task of listTasks(this.#typed).tasks) {
      if (task.mm !== 0n && (task.pid === task.tgid || !this.#byMemory.has(task.mm)))
        this.#byMemory.set(task.mm, task);
    }
    return this.#byMemory;
  }
}
