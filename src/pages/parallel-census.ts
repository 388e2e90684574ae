import type { ReadStatistics } from '../bytes/source.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { kernelFacts } from '../kernel/kernel-facts.ts';
import { type Census, censusOf, type OnProgress, tryZones } from './census.ts';
import { CensusThreads, type Share } from './census-threads.ts';
import { partition } from './partition.ts';
import { Scan } from './scan.ts';
import { SharedWork } from './shared-work.ts';
import { addTallies } from './tally.ts';
import type { DumpFiles } from './thread-task.ts';

/** Milliseconds of work that make another thread worth it: it takes 35 until it begins, and as much again of a processor. */
const WORTH_A_THREAD = 100;
/** Before that the pace says little: the code of the scan is still being compiled. */
const FIRST_LOOK = 30;
/** How often the progress of others is told while there is nothing else to do. */
const TELL_MS = 100;

export interface ParallelOptions {
  readonly dump: DumpFiles;
  /** Threads that may work at once, this one among them. */
  readonly jobs: number;
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
  const { onProgress = () => {}, onRead = () => {} } = options;
  const zones = tryZones(kernel);
  const counted = 'all' in zones ? zones.all : [];
  const scan = new Scan(kernel, counted);
  const { spans, pages: total } = partition(kernel.image.memory);
  const work = new SharedWork();
  const task = { dump: options.dump, facts: kernelFacts(kernel), zones: counted, spans, work: work.buffer };
  const crew = new Crew(options.jobs - 1, (count) => new CensusThreads(count, task));
  try {
    for (const index of work.indexes(spans.length)) {
      scan.span(spans[index] as number, (pages) => {
        const done = work.done(pages);
        onProgress(done, total);
        crew.look(done / total);
      });
    }
    const shares = await crew.shares(() => onProgress(work.pagesDone, total));
    for (const { statistics } of shares) onRead(statistics);
    const tally = shares.map((share) => share.tally).reduce(addTallies, scan.tally);
    return censusOf(kernel, zones, total, tally);
  } finally {
    await crew.end();
  }
}

/** The other threads: none until they are worth it. */
class Crew {
  readonly #most: number;
  readonly #start: (count: number) => CensusThreads;
  readonly #begun = performance.now();
  #threads: CensusThreads | undefined;

  constructor(most: number, start: (count: number) => CensusThreads) {
    this.#most = most;
    this.#start = start;
  }

  /** Starts as many threads as the rest of the work is worth, when that share of it is done. */
  look(share: number): void {
    if (this.#threads || this.#most < 1) return;
    const spent = performance.now() - this.#begun;
    if (spent < FIRST_LOOK) return;
    const left = (spent / share) * (1 - share);
    const count = Math.min(this.#most, Math.floor(left / WORTH_A_THREAD));
    if (count > 0) this.#threads = this.#start(count);
  }

  /** What they have found; `tell` is called now and then until it is there. */
  async shares(tell: () => void): Promise<readonly Share[]> {
    if (!this.#threads) return [];
    const timer = setInterval(tell, TELL_MS);
    try {
      return await this.#threads.shares;
    } finally {
      clearInterval(timer);
    }
  }

  async end(): Promise<void> {
    await this.#threads?.end();
  }
}
