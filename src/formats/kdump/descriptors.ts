import type { ByteSource } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import type { OnProgress } from '../../bytes/work.ts';

/** page_desc_t of makedumpfile's diskdump_mod.h: offset u64, size u32, flags u32, page_flags u64 */
const SIZE = 24;
/** Descriptors read at once: 96 KiB. */
const AT_ONCE = 4096;
const ZEROS = Buffer.alloc(AT_ONCE * SIZE);
/** So many descriptors take a while to go through: 16 GiB of memory. */
const MANY = 1 << 22;

/**
 * The page descriptors of a file, one per page that it holds, in pfn order. The fields below are those of one
 * descriptor, because an object per page would be too slow.
 */
export class Descriptors {
  /** Position of the page's data in the file, in bytes; of the descriptor that was located last. */
  offset = 0;
  /** Bytes of the page's data. */
  size = 0;
  /** The codec. */
  flags = 0;
  /** Whether the page's data lie inside the file. */
  inFile = false;
  readonly #base: number;
  readonly #fileSize: number;
  readonly #windows: Windows;
  readonly #onCounted: OnProgress | undefined;
  #window = -1;
  #isEmpty = false;
  #words: Uint32Array = new Uint32Array(0);

  /** @param onCounted is called with how many descriptors have been gone through, if there are many */
  constructor(source: ByteSource, base: number, onCounted?: OnProgress) {
    this.#base = base;
    this.#onCounted = onCounted;
    this.#fileSize = source.size;
    this.#windows = new Windows(source, { base, size: AT_ONCE * SIZE, count: 8 });
  }

  /** Frees the memory of what was read. */
  release(): void {
    this.#windows.release();
    this.#window = -1;
    this.#words = new Uint32Array(0);
  }

  /** How many descriptors lie inside the file. */
  get held(): number {
    return Math.max(0, Math.floor((this.#fileSize - this.#base) / SIZE));
  }

  /** How many descriptors in [first, last) have no data in the file; `last` must not exceed `held`. */
  missing(first: number, last: number): number {
    let missing = 0;
    for (let index = first; index < last; ) {
      const window = Math.floor(index / AT_ONCE);
      if (window !== this.#window) this.#load(window);
      const end = Math.min(last, (window + 1) * AT_ONCE);
      if (this.#isEmpty) missing += end - index;
      for (let at = this.#isEmpty ? end : index; at < end; at++) {
        this.locate(at);
        if (!this.inFile) missing++;
      }
      index = end;
      if (last - first >= MANY) this.#onCounted?.(index - first, last - first);
    }
    return missing;
  }

  /** Position of a descriptor, in bytes. */
  position(index: number): number {
    return this.#base + index * SIZE;
  }

  /** Reads a descriptor into the fields. One past the end of the file, or never written, is not `inFile`. */
  locate(index: number): void {
    const window = Math.floor(index / AT_ONCE);
    if (window !== this.#window) this.#load(window);
    const words = this.#words;
    const at = (index - window * AT_ONCE) * (SIZE / 4);
    this.offset = 0;
    this.inFile = false;
    if (at + 6 > words.length) return;
    this.offset = (words[at] as number) + (words[at + 1] as number) * 2 ** 32;
    this.size = words[at + 2] as number;
    this.flags = words[at + 3] as number;
    this.inFile = this.offset !== 0 && this.offset + this.size <= this.#fileSize;
  }

  #load(window: number): void {
    this.#window = -1;
    const bytes = this.#windows.at(this.position(window * AT_ONCE), AT_ONCE * SIZE);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
    // Descriptors that were never written are a hole of the file, which may be TiB large.
    this.#isEmpty = ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
    this.#window = window;
  }

  /**
   * Whether the file ends before the data of the first `count` descriptors. Data lie in pfn order, so the
   * last page with data of its own (the shared page of zeros is one of the first) has the end of the data.
   */
  endBefore(count: number): boolean {
    if (count === 0) return false;
    if (this.position(count) > this.#fileSize) return true;
    let highest = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = count - 1; index >= 0; index--) {
      this.locate(index);
      if (!this.inFile) return true;
      highest = Math.max(highest, this.offset);
      lowest = Math.min(lowest, this.offset);
      if (count - index >= AT_ONCE && highest > lowest) return false;
    }
    return false;
  }
}
