import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { findIn, ones, startsIn } from './bits.ts';
import type { FilePlace } from './header.ts';

const BLOCK = 4096;
/** Pages whose bits are in one block of the bitmap: 128 MiB of memory. */
const BLOCK_PAGES = BLOCK * 8;

/** Groups of blocks whose ranks are kept: 2 MiB of ranks. Up to 32 TiB of memory, a group is one block. */
const GROUPS_LIMIT = 2 ** 18;
/** A look at more groups makes the index first, so that blocks without a set bit are not read again. */
const MANY_GROUPS = 64;
const ZEROS = Buffer.alloc(BLOCK);

/**
 * A bitmap with one bit per page, lowest bit first, read in windows of 64 KiB. The rank index holds how many
 * bits are set before each group of blocks, 8 bytes per group: 64 KiB for the 32 MiB bitmap of a machine with
 * 1 TiB. It grows only as far as pages are asked for.
 */
export class Bitmap {
  /** One more than the highest pfn that the bitmap covers. */
  readonly pages: number;
  readonly #windows: Windows;
  readonly #offset: number;
  readonly #size: number;
  /** Called with how many groups have been counted, and how many will be. */
  readonly #onCounted: OnProgress;
  /** Pages per group; a group is a power of two of blocks. */
  readonly #group: number;
  readonly #before: Float64Array;
  #indexed = 0;
  #block = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  #isEmpty = false;
  /** The last rank that was asked for; counting continues from there. */
  #last = { pfn: 0, rank: 0 };

  /**
   * @param share how many bitmaps share the memory of one index: a dump that is split into hundreds of parts
   * has as many
   */
  constructor(
    source: ByteSource,
    place: FilePlace,
    pages: number,
    { onCounted = () => {}, share = 1 }: { onCounted?: OnProgress | undefined; share?: number } = {},
  ) {
    this.#windows = new Windows(source, { base: place.offset, size: 16 * BLOCK, count: 4 });
    this.#offset = place.offset;
    this.#size = place.size;
    this.#onCounted = onCounted;
    this.pages = pages;
    const blocks = Math.ceil(pages / BLOCK_PAGES);
    this.#group = BLOCK_PAGES * 2 ** Math.max(0, Math.ceil(Math.log2((blocks * share) / GROUPS_LIMIT)));
    this.#before = new Float64Array(Math.ceil(pages / this.#group) + 1);
  }

  /** Frees the memory of what was read. It is read again when needed. */
  release(): void {
    this.#windows.release();
    this.#block = -1;
    this.#bytes = new Uint8Array(0);
  }

  has(pfn: number): boolean {
    const block = Math.floor(pfn / BLOCK_PAGES);
    if (block !== this.#block) this.#load(block);
    const bit = pfn - block * BLOCK_PAGES;
    return (((this.#bytes[bit >>> 3] as number) >>> (bit & 7)) & 1) === 1;
  }

  /** How many bits are set below `pfn`, which must not exceed `pages`. */
  rank(pfn: number): number {
    const group = Math.floor(pfn / this.#group);
    const first = group * this.#group;
    const last = this.#last;
    const near = last.pfn >= first && last.pfn <= pfn;
    if (!near) this.#index(group);
    const before = near ? last.rank : (this.#before[group] as number);
    const rank = before + this.#count(near ? last.pfn : first, pfn);
    this.#last = { pfn, rank };
    return rank;
  }

  /** The runs of set bits in [start, end), as pfns. */
  *runs(start = 0, end = this.pages): Generator<Range> {
    const limit = Math.min(end, this.pages);
    if (limit - start > MANY_GROUPS * this.#group) this.#index(Math.floor(limit / this.#group));
    for (let pfn = this.#find(start, limit, 1); pfn < limit; ) {
      const until = this.#find(pfn, limit, 0);
      yield { start: pfn, end: until };
      pfn = this.#find(until, limit, 1);
    }
  }

  /**
   * How many runs of set bits there are. Counting them takes a hundredth of the time that listing them takes.
   */
  get runCount(): number {
    const { pages } = this;
    this.#index(Math.floor(pages / this.#group));
    let [count, isSet] = [0, false];
    for (let pfn = 0; pfn < pages; ) {
      const group = Math.floor(pfn / this.#group);
      if (this.#hasNone(group)) {
        pfn = (group + 1) * this.#group;
        isSet = false;
        continue;
      }
      this.#load(pfn / BLOCK_PAGES);
      if (!this.#isEmpty) count += startsIn(this.#bytes, Math.min(BLOCK_PAGES, pages - pfn), isSet);
      isSet = (this.#bytes[BLOCK - 1] as number) >= 0x80;
      pfn += BLOCK_PAGES;
    }
    return count;
  }

  /** The first pfn of [from, end) whose bit is `wanted`, or `end`. */
  #find(from: number, end: number, wanted: 0 | 1): number {
    for (let pfn = from; pfn < end; ) {
      const group = Math.floor(pfn / this.#group);
      if (wanted === 1 && this.#hasNone(group)) {
        pfn = (group + 1) * this.#group;
        continue;
      }
      const block = Math.floor(pfn / BLOCK_PAGES);
      if (block !== this.#block) this.#load(block);
      const first = block * BLOCK_PAGES;
      const limit = Math.min(BLOCK_PAGES, end - first);
      const bit = wanted === 1 && this.#isEmpty ? limit : findIn(this.#bytes, pfn - first, limit, wanted);
      if (bit < limit) return first + bit;
      pfn = first + BLOCK_PAGES;
    }
    return end;
  }

  /** Whether a group is known to have no set bit. */
  #hasNone(group: number): boolean {
    return group < this.#indexed && this.#before[group] === this.#before[group + 1];
  }

  #index(group: number): void {
    for (; this.#indexed < group; this.#indexed++) {
      const first = this.#indexed * this.#group;
      const ones = this.#count(first, first + this.#group);
      this.#before[this.#indexed + 1] = (this.#before[this.#indexed] as number) + ones;
      if (group > MANY_GROUPS) this.#onCounted(this.#indexed + 1, group);
    }
  }

  /** How many bits are set in [from, to). */
  #count(from: number, to: number): number {
    let count = 0;
    for (let pfn = from; pfn < to; ) {
      const block = Math.floor(pfn / BLOCK_PAGES);
      const first = block * BLOCK_PAGES;
      const end = Math.min(BLOCK_PAGES, to - first);
      if (block !== this.#block) this.#load(block);
      if (!this.#isEmpty) count += ones(this.#bytes, pfn - first, end);
      pfn = first + end;
    }
    return count;
  }

  /** Loads a block of the bitmap. Bits past its end, or past the end of the file, are not set. */
  #load(block: number): void {
    this.#block = -1;
    const start = block * BLOCK;
    const bytes = this.#windows.at(this.#offset + start, Math.min(BLOCK, this.#size - start));
    this.#bytes = bytes.length === BLOCK ? bytes : padded(bytes);
    // Most blocks past the real memory are holes, and comparing is ten times as fast as counting.
    this.#isEmpty = ZEROS.compare(this.#bytes) === 0;
    this.#block = block;
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(bytes);
  return block;
}
