/** Places in the shared counters. */
const NEXT = 0;
const STOPPED = 1;
const PAGES = 2;

/** The work that threads share: spans are handed out one by one, so that none waits for a slower one. */
export class SharedWork {
  /** For the other threads: all see the same counters. */
  readonly buffer: SharedArrayBuffer;
  readonly #counters: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#counters = new BigInt64Array(buffer);
  }

  /** The indexes of the spans that fall to this thread, of so many; ends when all are taken or a thread has failed. */
  *indexes(count: number): Generator<number> {
    while (!this.stopped) {
      const index = Number(Atomics.add(this.#counters, NEXT, 1n));
      if (index >= count) return;
      yield index;
    }
  }

  /** Adds to the pages that are done; returns how many those of all threads are. */
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
