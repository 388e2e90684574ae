import { InspectError } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** How windows of a file are kept. */
export interface WindowOptions {
  /** Position in the file where the first window starts. */
  readonly base?: number;
  /** Bytes per window, which are read at once. */
  readonly size: number;
  /** How many windows are kept, and so how many places of the file can be read in turn. */
  readonly count: number;
}

interface Slot {
  index: number;
  /** When it was last used; the slot with the lowest number is reused first. */
  used: number;
  length: number;
  readonly bytes: Uint8Array;
}

/**
 * A file in windows of one size, a few of which stay in memory: for small reads that mostly follow each
 * other. The memory of a window is reused, so returned bytes are valid only until the next call.
 */
export class Windows {
  readonly #source: ByteSource;
  readonly #base: number;
  readonly #size: number;
  readonly #count: number;
  readonly #slots: Slot[] = [];
  #last: Slot | undefined;
  #clock = 0;
  #joined = new Uint8Array(0);

  constructor(source: ByteSource, options: WindowOptions) {
    this.#source = source;
    this.#base = options.base ?? 0;
    this.#size = options.size;
    this.#count = options.count;
  }

  /**
   * `length` bytes from `position` on, which is not before the base; fewer where the file ends.
   * @throws InspectError io, if the system refuses the read
   */
  at(position: number, length: number): Uint8Array {
    try {
      return this.#inWindow(position, length);
    } catch (error) {
      // A bad sector must not make the whole window unreadable.
      if (!(error instanceof InspectError) || length >= this.#size) throw error;
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, this.#source.read(position, bytes));
    }
  }

  /** Drops all windows and frees their memory. */
  release(): void {
    this.#slots.length = 0;
    this.#last = undefined;
    this.#joined = new Uint8Array(0);
  }

  #inWindow(position: number, length: number): Uint8Array {
    const relative = position - this.#base;
    const index = Math.floor(relative / this.#size);
    const inside = relative - index * this.#size;
    const { bytes, length: held } = this.#window(index);
    if (inside + length <= this.#size) return bytes.subarray(inside, Math.min(held, inside + length));
    return this.#join(position, length, bytes.subarray(inside, held));
  }

  /** Bytes that cross the end of a window, joined. */
  #join(position: number, length: number, first: Uint8Array): Uint8Array {
    if (this.#joined.length < length) this.#joined = new Uint8Array(length);
    this.#joined.set(first);
    let done = first.length;
    while (done < length) {
      const part = this.at(
        position + done,
        Math.min(length - done, this.#size - this.#inside(position + done)),
      );
      if (part.length === 0) break;
      this.#joined.set(part, done);
      done += part.length;
    }
    return this.#joined.subarray(0, done);
  }

  #inside(position: number): number {
    return (position - this.#base) % this.#size;
  }

  #window(index: number): Slot {
    const last = this.#last;
    if (last && last.index === index) return last;
    const slot = this.#slots.find((s) => s.index === index) ?? this.#read(index);
    slot.used = ++this.#clock;
    this.#last = slot;
    return slot;
  }

  #read(index: number): Slot {
    const slot = this.#free();
    slot.index = -1;
    slot.length = this.#source.read(this.#base + index * this.#size, slot.bytes);
    slot.index = index;
    return slot;
  }

  #free(): Slot {
    if (this.#slots.length < this.#count) {
      const slot = { index: -1, used: 0, length: 0, bytes: new Uint8Array(this.#size) };
      this.#slots.push(slot);
      return slot;
    }
    return this.#slots.reduce((oldest, slot) => (slot.used < oldest.used ? slot : oldest));
  }
}
