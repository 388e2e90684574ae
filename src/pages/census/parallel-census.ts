import { milliseconds } from '../../bytes/clock.ts';
import { isAddressSpaceShort } from '../../bytes/page-aligned.ts';
import type { ReadStatistics } from '../../bytes/source.ts';
import type { OnProgress } from '../../bytes/work.ts';
import type { MemoryImage } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { kernelFacts } from '../../kernel/open/kernel-facts.ts';
import { requireKeys } from '../classify/required-keys.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { type Census, censusOf, tryZones, watching } from './census.ts';
import { CensusThreads, type Share } from './census-threads.ts';
import { partition } from './partition.ts';
import { Scan } from './scan.ts';
import { SharedWork } from './shared-work.ts';
import { addTallies } from './tally.ts';
import type { DumpFiles } from './thread-task.ts';

/** More threads than these find no more to do, and each takes its part of the memory. */
const MOST_JOBS = 8;
/** Bytes that all of them together may take for indexes of the file: one with a million segments has 100 MiB for each. */
const INDEX_ROOM = 2 ** 26;
/** Milliseconds of work that make another thread worth it: it takes 35 until it begins, and as much again of a processor. */
const WORTH_A_THREAD = 100;
/** Before so many the pace says little: the scan's code is still being compiled, and the kernel's own data often lie in front. */
const FIRST_LOOK = 150;
/** Pages that take so long and longer, however little is read of them: 128 GiB. */
const SURELY_WORTH = 2 ** 25;
/** How often it is looked, by the clock: to ask for the time of processors takes milliseconds where these are busy. */
const LOOK_MS = 20;
/** How often the progress of others is told while there is nothing else to do. */
const TELL_MS = 100;

export interface ParallelOptions {
  readonly dump: DumpFiles;
  /** Threads that may work at once, this one among them; undefined for as many as the machine has use for. */
  readonly jobs: number | undefined;
  readonly onProgress?: OnProgress;
  /** Told of what other threads have read. */
  readonly onRead?: (statistics: ReadStatistics) => void;
}

/**
 * A census on several threads, the same as takeCensus to the page. This thread begins alone, and lets others in as soon as the work
 * that it sees before it is worth it: what it has done so far tells how long the rest will take, in any format.
 * @throws InspectError as takeCensus, and what opening the dump once more may throw
 */
export async function takeParallelCensus(kernel: Kernel, options: ParallelOptions): Promise<Census> {
  const { onRead = () => {} } = options;
  requireKeys(kernel);
  requireTrustedMemory(kernel);
  const zones = tryZones(kernel);
  const onProgress = watching(zones, options.onProgress ?? (() => {}));
  const counted = 'all' in zones ? zones.all : [];
  const scan = new Scan(kernel, counted);
  const { spans, pages: total } = partition(kernel.image.memory);
  const work = SharedWork.forThreads((options.jobs ?? MOST_JOBS) - 1);
  const task = { dump: options.dump, facts: kernelFacts(kernel), zones: counted, spans, work: work.buffer };
  const crew = new Crew(
    options.jobs,
    (count) => new CensusThreads(count, task),
    threadsWithRoom(kernel.image),
  );
  try {
    crew.start(total / SURELY_WORTH);
    for (const index of work.indexes(spans.length)) {
      scan.span(spans[index] as number, (pages) => {
        const done = work.done(pages);
        onProgress(done, total);
        crew.look(done / total);
      });
      // For signals, which are told only when the event loop goes round.
      await new Promise(setImmediate);
    }
    const shares = await crew.shares(() => onProgress(work.pagesDone, total));
    for (const { statistics } of shares) onRead(statistics);
    const tally = shares.map((share) => share.tally).reduce(addTallies, scan.tally);
    return censusOf(kernel, zones, total, tally);
  } finally {
    await crew.end();
  }
}

/** How many threads can open the dump once more. */
export function threadsWithRoom({ indexBytes = 0 }: MemoryImage): number {
  return Math.floor(INDEX_ROOM / Math.max(1, indexBytes));
}

/** Milliseconds that processors have spent on this process: unlike a clock, they do not count what others do on the machine. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Asked only when it matters, for that takes a part of Node.js to be loaded. */
function machineJobs(): number {
  return Math.min(MOST_JOBS, process.getBuiltinModule('node:os').availableParallelism());
}

/** The other threads: none until they are worth it. */
class Crew {
  readonly #jobs: number | undefined;
  readonly #start: (count: number) => CensusThreads;
  readonly #most: number;
  readonly #begun = processorTime();
  #next = milliseconds() + FIRST_LOOK / 2;
  #threads: CensusThreads | undefined;

  /** @param most threads that there is memory for */
  constructor(jobs: number | undefined, start: (count: number) => CensusThreads, most: number) {
    this.#jobs = jobs;
    this.#start = start;
    this.#most = most;
  }

  /** Starts as many threads as may be, of so many that would be worth it. */
  start(worth: number): void {
    if (worth < 1 || isAddressSpaceShort()) return;
    const count = Math.min((this.#jobs ?? machineJobs()) - 1, Math.floor(worth), this.#most);
    if (count > 0) this.#threads = this.#start(count);
  }

  /** Starts as many as the rest of the work is worth, when that share of it is done. */
  look(share: number): void {
    if (this.#threads || this.#jobs === 1) return;
    const now = milliseconds();
    if (now < this.#next) return;
    this.#next = now + LOOK_MS;
    const spent = processorTime() - this.#begun;
    if (spent >= FIRST_LOOK) this.start(((spent / share) * (1 - share)) / WORTH_A_THREAD);
  }

  /** What they have found; `tell` is called now and then until it is there. */
  async shares(tell: () => void): Promise<readonly Share[]> {
    if (!this.#threads) return [];
    const timer = setInterval(tell, TELL_MS);
    try {
      return await this.#threads.joined();
    } finally {
      clearInterval(timer);
    }
  }

  async end(): Promise<void> {
    await this.#threads?.end();
  }
}
