import { milliseconds } from '../../bytes/clock.ts';
import { isAddressSpaceShort } from '../../bytes/page-aligned.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import type { Share, Workers } from './workers.ts';

/** More threads than these find no more to do, and each takes its part of the memory. */
export const MOST_JOBS = 8;
/** Bytes that the indexes of the file may take in all threads together: one of a million segments takes 100 MiB in each. */
const INDEX_BYTES_LIMIT = 2 ** 26;
/** Milliseconds of work that make another thread worth it: it takes 35 until it begins, and as much again of a processor. */
const WORTH_A_THREAD = 100;
/** Earlier the pace says little: the scan's code is still being compiled, and the kernel's own data often come first. */
const FIRST_LOOK = 150;
/** Pages that take so long and longer, however little is read of them: 128 GiB. */
const SURELY_WORTH = 2 ** 25;
/** How often it is looked, by the clock: to ask for the time of processors takes milliseconds where these are busy. */
const LOOK_MS = 20;
/** How often the progress of others is told while there is nothing else to do. */
const TELL_MS = 100;

/** How many threads can open the dump once more. */
export function threadsThatFit({ indexBytes = 0 }: MemoryImage): number {
  return Math.floor(INDEX_BYTES_LIMIT / Math.max(1, indexBytes));
}

/** Milliseconds that processors have spent on this process: unlike a clock, they do not count what others do on the machine. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Asked only when it matters, because a part of Node.js must be loaded for it. */
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

  /** Starts as many as so many pages are surely worth. */
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
