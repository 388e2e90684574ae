import type { Range } from '../../bytes/ranges.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { HoldingCode, type PhysicalMemory } from '../../formats/image/image.ts';
import { PAGE_SIZE } from '../../machine.ts';

/** Pages per read: 1 MiB; larger reads are no faster. */
const READ_PAGES = 256;
const READ_BYTES = READ_PAGES * PAGE_SIZE;
/** From 8 bytes on, Buffer.indexOf uses another algorithm that takes twice as long for rare finds. */
export const NEEDLE_LIMIT = 7;

/** Looks for a few bytes in all physical memory that the dump stores. */
export class MemoryScan {
  /** Pages that the dump should have but that could not be read. */
  unreadable = 0;
  /** Bytes searched. */
  searched = 0;
  readonly #memory: PhysicalMemory;
  readonly #needle: Uint8Array;
  readonly #onBytes: OnProgress;
  readonly #holdings = new Uint8Array(READ_PAGES + 1);
  /**
   * The tail of the previous run, because a find may straddle two runs; from PAGE_SIZE on, the current run.
   */
  readonly #buffer = Buffer.alloc(PAGE_SIZE + READ_BYTES);
  /** Physical end of the bytes before #buffer[PAGE_SIZE]; -1 if there are none. */
  #before = -1;

  /** @param needle at most NEEDLE_LIMIT bytes */
  constructor(memory: PhysicalMemory, needle: Uint8Array, onBytes: OnProgress) {
    this.#memory = memory;
    this.#needle = needle;
    this.#onBytes = onBytes;
  }

  /** Yields the physical addresses of all finds, ascending. */
  *finds(): Generator<number> {
    const total = this.#total();
    for (const range of this.#ranges()) {
      for (let at = range.start; at < range.end; at += READ_BYTES) {
        const end = Math.min(range.end, at + READ_BYTES);
        for (const run of this.#stored(at, end)) yield* this.#findsIn(run.start, run.end);
        this.searched += end - at;
        this.#onBytes(this.searched, total);
      }
    }
  }

  /** Stored ranges only: a file may claim any amount of memory that it does not store. */
  #ranges(): Iterable<Range> {
    return this.#memory.stored ?? this.#memory.described();
  }

  #total(): number {
    let total = 0;
    for (const { start, end } of this.#ranges()) total += end - start;
    return total;
  }

  /** Yields what of [start, end) is stored and not known to be zero. */
  *#stored(start: number, end: number): Generator<{ start: number; end: number }> {
    const first = Math.floor(start / PAGE_SIZE);
    const holdings = this.#holdings.subarray(0, Math.ceil(end / PAGE_SIZE) - first);
    this.#memory.survey(first, holdings);
    for (let n = 0; n < holdings.length; n++) {
      if (holdings[n] !== HoldingCode.stored) continue;
      const from = n;
      while (n < holdings.length && holdings[n] === HoldingCode.stored) n++;
      yield {
        start: Math.max(start, (first + from) * PAGE_SIZE),
        end: Math.min(end, (first + n) * PAGE_SIZE),
      };
    }
  }

  *#findsIn(start: number, end: number): Generator<number> {
    const into = this.#buffer.subarray(PAGE_SIZE, PAGE_SIZE + end - start);
    if (!this.#memory.readPadded(start, into)) yield* this.#findsAt(start, end);
    else if (end - start <= PAGE_SIZE) this.unreadable++;
    else yield* this.#pageByPage(start, end);
  }

  /** Yields finds in the readable pages of a run that is damaged. */
  *#pageByPage(start: number, end: number): Generator<number> {
    for (let at = start; at < end; ) {
      const next = Math.min(end, at - (at % PAGE_SIZE) + PAGE_SIZE);
      yield* this.#findsIn(at, next);
      at = next;
    }
  }

  /** Yields finds in [start, end), which is in the buffer, and across the border to what was read before. */
  *#findsAt(start: number, end: number): Generator<number> {
    const tail = this.#needle.length - 1;
    const from = this.#before === start ? PAGE_SIZE - tail : PAGE_SIZE;
    const bytes = this.#buffer.subarray(from, PAGE_SIZE + end - start);
    for (let i = bytes.indexOf(this.#needle); i >= 0; i = bytes.indexOf(this.#needle, i + 1)) {
      yield start - (PAGE_SIZE - from) + i;
    }
    this.#before = end - start >= tail ? end : -1;
    this.#buffer.copy(
      this.#buffer,
      PAGE_SIZE - tail,
      PAGE_SIZE + end - start - tail,
      PAGE_SIZE + end - start,
    );
  }
}
