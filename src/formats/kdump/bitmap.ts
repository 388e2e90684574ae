import type { Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { Windows } from '../../bytes/windows.ts';
import type { Place } from './header.ts';

const BLOCK = 4096;
/** Pages whose bits are in a block of the bitmap: 128 MiB of memory. */
const BLOCK_PAGES = BLOCK * 8;

/**
 * A bit a page, lowest bit first, read in windows of 64 KiB. The rank index holds how many bits are set before each
 * block, 8 bytes a block: 64 KiB of index for the 32 MiB of bitmap of a machine with 1 TiB. It grows only as far as
 * pages are asked for.
 */
export class Bitmap {
  /** One more than the highest pfn that it covers. */
  readonly pages: number;
  readonly #windows: Windows;
  readonly #offset: number;
  readonly #size: number;
  readonly #before: Float64Array;
  #indexed = 0;
  #block = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The last rank that was asked for, from where counting goes on. */
  #last = { pfn: 0, rank: 0 };

  constructor(source: ByteSource, place: Place, pages: number) {
    this.#windows = new Windows(source, { base: place.offset, size: 16 * BLOCK, count: 4 });
    this.#offset = place.offset;
    this.#size = place.size;
    this.pages = pages;
    this.#before = new Float64Array(Math.ceil(pages / BLOCK_PAGES) + 1);
  }

  has(pfn: number): boolean {
    const block = Math.floor(pfn / BLOCK_PAGES);
    if (block !== this.#block) this.#load(block);
    const bit = pfn - block * BLOCK_PAGES;
    return (((this.#bytes[bit >>> 3] as number) >>> (bit & 7)) & 1) === 1;
  }

  /** How many bits are set below a pfn, which is not above `pages`. */
  rank(pfn: number): number {
    const block = Math.floor(pfn / BLOCK_PAGES);
    const first = block * BLOCK_PAGES;
    const last = this.#last;
    const near = last.pfn >= first && last.pfn <= pfn;
    const from = near ? last.pfn : first;
    if (!near) this.#index(block);
    const rank =
      (near ? last.rank : (this.#before[block] as number)) + this.#ones(block, from - first, pfn - first);
    this.#last = { pfn, rank };
    return rank;
  }

  /** The runs of set bits in [start, end), as pfns. */
  *runs(start = 0, end = this.pages): Generator<Range> {
    const limit = Math.min(end, this.pages);
    for (let pfn = this.#find(start, limit, 1); pfn < limit; ) {
      const until = this.#find(pfn, limit, 0);
      yield { start: pfn, end: until };
      pfn = this.#find(until, limit, 1);
    }
  }

  /** The first pfn of [from, end) whose bit is `wanted`, or `end`. */
  #find(from: number, end: number, wanted: 0 | 1): number {
    const skipped = wanted === 1 ? 0 : 0xff;
    for (let pfn = from; pfn < end; ) {
      const block = Math.floor(pfn / BLOCK_PAGES);
      if (block !== this.#block) this.#load(block);
      const bytes = this.#bytes;
      const first = block * BLOCK_PAGES;
      const limit = Math.min(BLOCK_PAGES, end - first);
      let bit = pfn - first;
      while (bit < limit) {
        const byte = bytes[bit >>> 3] as number;
        if ((bit & 7) === 0 && byte === skipped) bit += 8;
        else if (((byte >>> (bit & 7)) & 1) === wanted) return first + bit;
        else bit++;
      }
      pfn = first + BLOCK_PAGES;
    }
    return end;
  }

  #index(block: number): void {
    for (; this.#indexed < block; this.#indexed++) {
      const ones = this.#ones(this.#indexed, 0, BLOCK_PAGES);
      this.#before[this.#indexed + 1] = (this.#before[this.#indexed] as number) + ones;
    }
  }

  #ones(block: number, from: number, to: number): number {
    if (from === to) return 0;
    if (block !== this.#block) this.#load(block);
    return ones(this.#bytes, from, to);
  }

  /** A block of the bitmap; what lies behind its end, or the file's, is not set. */
  #load(block: number): void {
    this.#block = -1;
    const start = block * BLOCK;
    const bytes = this.#windows.at(this.#offset + start, Math.min(BLOCK, this.#size - start));
    this.#bytes = bytes.length === BLOCK ? bytes : padded(bytes);
    this.#block = block;
  }
}

function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(bytes);
  return block;
}

/** Bits set among those from `from` to `to` of a block. */
function ones(bytes: Uint8Array, from: number, to: number): number {
  const one = (bit: number) => ((bytes[bit >>> 3] as number) >>> (bit & 7)) & 1;
  let count = 0;
  let bit = from;
  for (; bit < to && (bit & 31) !== 0; bit++) count += one(bit);
  if (to - bit >= 32) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, BLOCK / 4);
    for (; bit + 32 <= to; bit += 32) count += onesIn(words[bit >>> 5] as number);
  }
  for (; bit < to; bit++) count += one(bit);
  return count;
}

/** Bits set in a word: sums of neighbours, then of pairs, then of bytes by a multiplication. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
