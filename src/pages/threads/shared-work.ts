/** Indexes of the shared counters. */
const NEXT = 0;
const STOPPED = 1;
const PAGES = 2;
const JOINED = 3;

/** The work that threads share. Spans are handed out one by one, so that no thread waits for a slower one. */
export class SharedWork {
  /** For the other threads: all see the same counters. */
  readonly buffer: SharedArrayBuffer;
  readonly #counters: BigInt64Array;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#counters = new BigInt64Array(buffer);
  }

  /** New work, for its owner and at most so many further threads. */
  static forThreads(threads: number): SharedWork {
    return new SharedWork(new SharedArrayBuffer((JOINED + threads) * BigInt64Array.BYTES_PER_ELEMENT));
  }

  /** The same work, in a further thread. */
  static of(buffer: SharedArrayBuffer): SharedWork {
    return new SharedWork(buffer);
  }

  /** Says that a further thread, by its number, is about to take its first span. */
  join(thread: number): void {
    Atomics.store(this.#counters, JOINED + thread, 1n);
  }

  /** Whether a thread may have taken a span: one that joins when all are taken has none. */
  hasJoined(thread: number): boolean {
    return Atomics.load(this.#counters, JOINED + thread) !== 0n;
  }

  /**
   * The indexes of the spans that this thread gets, of `count`. Ends when all are taken or a thread has
   * failed.
   */
  *indexes(count: number): Generator<number> {
    while (!this.stopped) {
      const index = Number(Atomics.add(this.#counters, NEXT, 1n));
      if (index >= count) return;
      yield index;
    }
  }

  /** Adds to the pages that are done. Returns how many all threads have done. */
  done(pages: number): number {
    return Number(Atomics.add(this.#counters, PAGES, BigInt(pages))) + pages;
  }

  get pagesDone(): number {
    return Number(Atomics.load(this.#counters, PAGES));
  }

  /** Lets every thread end after the span that it is at. */
  stop(): void {
    Atomics.store(this.#counters, STOPPED, 1n);
  }

  get stopped(): boolean {
    return Atomics.load(this.#counters, STOPPED) !== 0n;
  }
}
