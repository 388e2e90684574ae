import { milliseconds } from '../../bytes/clock.ts';
import { isAddressSpaceShort } from '../../bytes/page-aligned.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import type { Share, Workers } from './workers.ts';

/** More threads do not help, and each takes memory. */
export const MOST_JOBS = 8;
/**
 * Bytes that the indexes of the file may take in all threads together: one of a million segments takes 100
 * MiB in each.
 */
const INDEX_BYTES_LIMIT = 2 ** 26;
/**
 * Milliseconds of work that are worth another thread. It starts after 35, and costs as much again in
 * processor time.
 */
const WORTH_A_THREAD = 100;
/**
 * Earlier the pace says little: the scan's code is still being compiled, and the kernel's own data often come
 * first.
 */
const FIRST_LOOK = 150;
/** Pages that always take so long, however little is read of them: 128 GiB. */
const SURELY_WORTH = 2 ** 25;
/**
 * How often the pace is looked at, by the clock: asking for processor time takes milliseconds on a busy
 * machine.
 */
const LOOK_MS = 20;
/** How often the progress of other threads is told while this one waits. */
const TELL_MS = 100;

/** How many threads can open the dump again. */
export function threadsThatFit({ indexBytes = 0 }: MemoryImage): number {
  return Math.floor(INDEX_BYTES_LIMIT / Math.max(1, indexBytes));
}

/**
 * Milliseconds of processor time of this process. Unlike the clock, it does not depend on what else runs on
 * the machine.
 */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Called only when it matters, because a part of Node.js must be loaded for it. */
function machineJobs(): number {
  return Math.min(MOST_JOBS, process.getBuiltinModule('node:os').availableParallelism());
}

/** The other threads: none until they are worth it. */
export class WorkerPool<T> {
  readonly #jobs: number | undefined;
  readonly #start: (count: number) => Workers<T>;
  readonly #most: number;
  readonly #begun = processorTime();
  #next = milliseconds() + FIRST_LOOK / 2;
  #workers: Workers<T> | undefined;

  /** @param most threads that there is memory for */
  constructor(jobs: number | undefined, start: (count: number) => Workers<T>, most: number) {
    this.#jobs = jobs;
    this.#start = start;
    this.#most = most;
  }

  /** Starts as many as so many pages are worth in any case. */
  startFor(pages: number): void {
    this.#startWorth(pages / SURELY_WORTH);
  }

  /** Starts as many as the rest of the work is worth, when that share of it is done. */
  look(share: number): void {
    if (this.#workers || this.#jobs === 1) return;
    const now = milliseconds();
    if (now < this.#next) return;
    this.#next = now + LOOK_MS;
    const spent = processorTime() - this.#begun;
    if (spent >= FIRST_LOOK) this.#startWorth(((spent / share) * (1 - share)) / WORTH_A_THREAD);
  }

  /** Starts as many threads as may be, of so many that would be worth it. */
  #startWorth(worth: number): void {
    if (worth < 1 || isAddressSpaceShort()) return;
    const count = Math.min((this.#jobs ?? machineJobs()) - 1, Math.floor(worth), this.#most);
    if (count > 0) this.#workers = this.#start(count);
  }

  /** What they have found; `tell` is called now and then until it is there. */
  async shares(tell: () => void): Promise<readonly Share<T>[]> {
    if (!this.#workers) return [];
    const timer = setInterval(tell, TELL_MS);
    try {
      return await this.#workers.joined();
    } finally {
      clearInterval(timer);
    }
  }

  async end(): Promise<void> {
    await this.#workers?.end();
  }
}
