import type { ReadStatistics } from '../../bytes/source.ts';
import type { OnProgress } from '../../bytes/work.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { kernelFacts } from '../../kernel/open/kernel-facts.ts';
import type { Scan } from '../walk/scan.ts';
import type { Spans } from '../walk/spans.ts';
import { SharedWork } from './shared-work.ts';
import type { DumpPaths } from './thread-task.ts';
import { MOST_JOBS, threadsThatFit, WorkerPool } from './worker-pool.ts';
import { Workers } from './workers.ts';

/** Which threads go through the pages, and who is told. */
export interface WalkOptions {
  readonly dump: DumpPaths;
  /** Threads that may work at once, this one among them; undefined for as many as the machine has use for. */
  readonly jobs: number | undefined;
  readonly onProgress?: OnProgress;
  /** Told of what other threads have read. */
  readonly onRead?: (statistics: ReadStatistics) => void;
}

/** What is asked of all pages. */
export interface SpanWork<T> {
  /** This thread's share. */
  readonly scan: Scan<T>;
  /** What a thread needs to make such a scan of its own: plain data. */
  readonly question: unknown;
  /** The sum of two parts. */
  readonly add: (a: T, b: T) => T;
  readonly options: WalkOptions;
}

/** The result for all pages. */
export interface Walked<T> {
  readonly pages: number;
  readonly tally: T;
}

/**
 * Has all spans of a dump scanned, on several threads where that is worth it. This thread begins alone, and
 * starts others as soon as the work that is left is worth it: what it has done so far tells how long the rest
 * will take, in any format.
 * @throws InspectError as the scan, and what opening the dump once more may throw
 */
export async function walkSpans<T>(
  kernel: Kernel,
  { numbers, pages }: Spans,
  { scan, question, add, options }: SpanWork<T>,
): Promise<Walked<T>> {
  const { onRead = () => {}, onProgress = () => {}, dump, jobs } = options;
  const work = SharedWork.forThreads((jobs ?? MOST_JOBS) - 1);
  const task = { dump, facts: kernelFacts(kernel), question, spans: numbers, work: work.buffer };
  const start = (count: number) => new Workers<T>(count, task);
  const pool = new WorkerPool<T>(jobs, start, threadsThatFit(kernel.image));
  try {
    pool.startFor(pages);
    for (const index of work.indexes(numbers.length)) {
      scan.span(numbers[index] as number, (looked) => {
        const done = work.done(looked);
        onProgress(done, pages);
        pool.look(done / pages);
      });
      // Signals are delivered only when the event loop turns.
      await new Promise(setImmediate);
    }
    const shares = await pool.shares(() => onProgress(work.pagesDone, pages));
    for (const { statistics } of shares) onRead(statistics);
    return { pages, tally: shares.map((share) => share.tally).reduce(add, scan.tally) };
  } finally {
    await pool.end();
  }
}
