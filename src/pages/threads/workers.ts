import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { ReadStatistics } from '../../bytes/source.ts';
import { SharedWork } from './shared-work.ts';
import { errorFrom, type ThreadAnswer, type ThreadTask } from './thread-task.ts';

/** The folder of the bundle, when this is part of one. */
declare const __KDUMP_INSPECT_DIST__: string | undefined;

/** Loaded only during a walk: it takes a millisecond, and most dumps never need it. */
function workerThreads(): typeof import('node:worker_threads') {
  return process.getBuiltinModule('node:worker_threads');
}

/**
 * A thread with its program: the bundle has that as a file of its own. Run from source it is TypeScript,
 * which needs tsx.
 */
function startThread(workerData: ThreadTask): Worker {
  const { Worker } = workerThreads();
  if (typeof __KDUMP_INSPECT_DIST__ === 'string') {
    return new Worker(join(__KDUMP_INSPECT_DIST__, 'walk-worker.js'), { workerData });
  }
  const { href } = new URL('../worker/walk-worker.ts', import.meta.url);
  const program = `import('tsx/esm/api').then(({ register }) => { register(); return import('${href}'); });`;
  return new Worker(program, { eval: true, workerData });
}

/** What a thread has found, and what it read for that. */
export interface Share<T> {
  readonly tally: T;
  readonly statistics: ReadStatistics;
}

/** Threads that take part in a walk, each with a share of the spans. */
export class Workers<T> {
  readonly #work: SharedWork;
  readonly #workers: readonly Worker[];
  readonly #shares: readonly Promise<Share<T>>[];

  constructor(count: number, task: Omit<ThreadTask, 'thread'>) {
    this.#work = SharedWork.of(task.work);
    this.#workers = Array.from({ length: count }, (_, thread) => startThread({ ...task, thread }));
    this.#shares = this.#workers.map((worker) => this.#shareOf(worker));
    // They are waited for only after the caller's own share. Until then an error must not count as unhandled.
    for (const share of this.#shares) share.catch(() => {});
  }

  /** What all have found. @throws the first error of any: the others end after the span that they are at */
  all(): Promise<Share<T>[]> {
    return Promise.all(this.#shares);
  }

  /**
   * What those threads have found that have taken any span. Called when all spans are taken: the other
   * threads have found nothing, and may still be opening the dump.
   */
  joined(): Promise<Share<T>[]> {
    const stopped = this.#work.stopped;
    return Promise.all(this.#shares.filter((_, thread) => stopped || this.#work.hasJoined(thread)));
  }

  /** Ends all threads, wherever they are. */
  async end(): Promise<void> {
    this.#work.stop();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #shareOf(worker: Worker): Promise<Share<T>> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.#work.stop();
        reject(error);
      };
      worker.once('message', (answer: ThreadAnswer<T>) => {
        if ('failure' in answer) fail(errorFrom(answer.failure));
        else resolve(answer);
      });
      worker.once('error', fail);
      worker.once('exit', (code) => fail(new Error(`a thread ended without an answer, with code ${code}`)));
    });
  }
}
