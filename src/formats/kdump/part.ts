import type { ByteSource } from '../../bytes/source.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { hex } from '../../hex.ts';
import { HoldingCode } from '../image/image.ts';
import { Bitmap } from './bitmap.ts';
import type { Codecs } from './codecs.ts';
import { Descriptors } from './descriptors.ts';
import type { KdumpHeader } from './header.ts';
import { tooShort } from './header-layout.ts';
import { PageData, type Problem } from './page-data.ts';
import { SharedZero } from './shared-zero.ts';

/**
 * Parts that keep what they have read, some 5 MiB each, and whose bitmaps may have an index of full size: a
 * dump may be split into hundreds.
 */
export const ACTIVE_PARTS = 8;

/** One file: a whole dump, or the part of a split dump that has the pages from `start` to `end` (pfns). */
export class KdumpPart {
  readonly header: KdumpHeader;
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
  /** The pages that exist in the machine. */
  readonly existing: Bitmap;
  /** The pages that the dump holds, in any part. */
  readonly dumped: Bitmap;
  readonly #descriptors: Descriptors;
  readonly #data: PageData;
  readonly #zero: SharedZero;
  #cutShort: boolean | undefined;
  /** Whether a read met an end of the file that was not there when it was opened. */
  shrunk = false;
  #before: number | undefined;

  /** @param parts of the dump, of which this is one */
  constructor(
    source: ByteSource,
    header: KdumpHeader,
    { codecs, parts, onCounted }: { codecs: Codecs; parts: number; onCounted?: OnProgress | undefined },
  ) {
    this.source = source;
    this.header = header;
    this.start = header.split?.start ?? 0;
    this.end = header.split?.end ?? header.maxMapnr;
    const counting = { onCounted, share: Math.ceil(parts / ACTIVE_PARTS) };
    this.existing = new Bitmap(source, header.bitmap1, header.maxMapnr, counting);
    const isOne = header.bitmap1.offset === header.bitmap2.offset;
    this.dumped = isOne ? this.existing : new Bitmap(source, header.bitmap2, header.maxMapnr, counting);
    this.#descriptors = new Descriptors(source, header.descriptors, onCounted);
    this.#data = new PageData(source, codecs);
    this.#zero = new SharedZero(this.#data);
  }

  /**
   * Refuses a file that ends before its first descriptor, unless it is a part without pages: such a file ends
   * with the last byte of the bitmap, not with the bitmap's last block.
   * @throws InspectError corrupt
   */
  requireDescriptors(): void {
    const { source, header } = this;
    if (source.size >= header.descriptors || this.pagesIn(this.start, this.end).dumped === 0) return;
    throw tooShort(source, header.descriptors);
  }

  /** Frees the memory of what was read: a dump may have hundreds of parts. */
  release(): void {
    this.existing.release();
    this.dumped.release();
    this.#descriptors.release();
    this.#data.release();
  }

  /** Whether pages that belong in this file are missing. */
  get cutShort(): boolean {
    this.#cutShort ??= this.#marked || this.#descriptors.endBefore(this.#index(this.end));
    return this.#cutShort || this.shrunk;
  }

  /** Whether the file itself says that it is not whole. */
  get #marked(): boolean {
    return this.header.incomplete || this.source.cutShort === true;
  }

  /** Position of a page's descriptor, or of the descriptor of the next page that the file holds, in bytes. */
  positionOf(pfn: number): number {
    return this.#descriptors.position(this.#index(pfn));
  }

  /**
   * Writes what the file holds of pages that belong to it; with or without a look at their encoded contents.
   */
  survey(pfn: number, holdings: Uint8Array, contents: boolean): void {
    let index = this.#index(pfn);
    for (let n = 0; n < holdings.length; n++) {
      const isDumped = this.dumped.has(pfn + n);
      if (!this.existing.has(pfn + n)) holdings[n] = HoldingCode.hole;
      else holdings[n] = isDumped ? this.#held(index, contents) : HoldingCode.notStored;
      if (isDumped) index++;
    }
  }

  #held(index: number, contents: boolean): number {
    const at = this.#descriptors;
    at.locate(index);
    if (!at.inFile) return this.cutShort ? HoldingCode.truncated : HoldingCode.stored;
    if (this.#zero.has(at)) return HoldingCode.zero;
    return HoldingCode[(contents && this.#data.proven(at)) || 'stored'];
  }

  /** Fills `into` with a page of this part; returns why that failed, or undefined. */
  read(pfn: number, into: Uint8Array): Problem | undefined {
    if (!this.existing.has(pfn)) return { absence: 'hole' };
    if (!this.dumped.has(pfn)) return { absence: 'notStored' };
    const at = this.#descriptors;
    const index = this.#index(pfn);
    at.locate(index);
    if (at.inFile) return this.#readData(into);
    // If the file has the data of its last pages, a descriptor that points past the end is damaged itself.
    const detail = `page descriptor at offset ${hex(at.position(index))}: its data lie outside the file, at offset ${hex(at.offset)}`;
    return this.cutShort ? { absence: 'truncated' } : { absence: 'corrupt', detail };
  }

  /** Reads the page of the located descriptor. */
  #readData(into: Uint8Array): Problem | undefined {
    const problem = this.#data.read(this.#descriptors, into);
    if (problem?.absence === 'truncated') this.shrunk = true;
    return problem;
  }

  /** How many pages of [start, end) belong in this file, and how many of them are missing. */
  pagesIn(start: number, end: number): { dumped: number; missing: number } {
    const from = Math.max(start, this.start);
    const to = Math.min(end, this.end);
    if (from >= to) return { dumped: 0, missing: 0 };
    const first = this.#index(from);
    const last = this.#index(to);
    return { dumped: last - first, missing: this.cutShort ? this.#missing(first, last) : 0 };
  }

  #missing(first: number, last: number): number {
    const held = Math.max(first, Math.min(last, this.#descriptors.held));
    return last - held + this.#descriptors.missing(first, held);
  }

  /** The index of a page's descriptor in this file: the number of dumped pages before it. */
  #index(pfn: number): number {
    this.#before ??= this.dumped.rank(this.start);
    return this.dumped.rank(pfn) - this.#before;
  }
}
