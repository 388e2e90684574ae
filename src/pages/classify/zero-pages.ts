import type { Absence } from '../../absence.ts';
import { pageAligned } from '../../bytes/page-aligned.ts';
import { HOLDINGS, HoldingCode, type PhysicalMemory } from '../../formats/image/image.ts';
import { PAGE_SIZE } from '../../machine.ts';

const WORDS = PAGE_SIZE / 4;
/**
 * Pages read at once: 256 KiB, which stay in the CPU's cache. Larger reads are not faster and take more
 * memory.
 */
const READ_PAGES = 64;
/** Pages that are surveyed at once: those of a run. */
const SURVEY_PAGES = 4096;
const ZEROS = Buffer.alloc(PAGE_SIZE);

/** What the contents of pages say. */
export interface ContentCounts {
  zero: number;
  nonZero: number;
  /** Pages whose contents cannot be read. */
  absent: number;
  /** The same pages, by reason. */
  readonly absences: Map<Absence, number>;
}

/** Tells pages that are all zero from those that are not. */
export class ZeroPages {
  readonly counts: ContentCounts = { zero: 0, nonZero: 0, absent: 0, absences: new Map() };
  readonly #memory: PhysicalMemory;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Int32Array;
  /** The same, one buffer per page. Made once, because comparing a part of a buffer allocates. */
  readonly #pages: readonly Buffer[];
  readonly #holdings = new Uint8Array(SURVEY_PAGES);
  readonly #proofs = new Uint8Array(SURVEY_PAGES);
  /** The pfn of the first page in #holdings. */
  #surveyed = -1;
  /** Whether the dump has the same of all of these pages, as is usual. */
  #allAlike = false;

  /** @param bytes the buffer that contents are read into, of one page or more */
  constructor(memory: PhysicalMemory, bytes = pageAligned(READ_PAGES * PAGE_SIZE)) {
    this.#memory = memory;
    const pages = Math.min(READ_PAGES, Math.floor(bytes.length / PAGE_SIZE));
    this.#bytes = bytes.subarray(0, pages * PAGE_SIZE);
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset, pages * WORDS);
    this.#pages = Array.from({ length: pages }, (_, page) =>
      Buffer.from(bytes.buffer, bytes.byteOffset + page * PAGE_SIZE, PAGE_SIZE),
    );
  }

  /** Adds the pages from `start` to `end` (pfns) to the counts. */
  count(start: number, end: number): void {
    for (let pfn = start; pfn < end; ) {
      const first = this.#survey(pfn);
      const to = Math.min(end, first + SURVEY_PAGES);
      const code = this.#holdings[pfn - first] as number;
      let alike = this.#allAlike ? to : pfn + 1;
      while (alike < to && this.#holdings[alike - first] === code) alike++;
      this.#countAlike(code, pfn, alike);
      pfn = alike;
    }
  }

  /** Surveys a page and its neighbours, once for all of them. Returns the first of them. */
  #survey(pfn: number): number {
    const first = pfn - (pfn % SURVEY_PAGES);
    if (first === this.#surveyed) return first;
    this.#memory.survey(first, this.#holdings);
    this.#surveyed = first;
    // Each byte equals the one before it. This comparison costs next to nothing.
    this.#allAlike = Buffer.compare(this.#holdings.subarray(1), this.#holdings.subarray(0, -1)) === 0;
    return first;
  }

  /** Whether one page is all zero; undefined when its contents cannot be read. */
  isZero(pfn: number): boolean | undefined {
    const holding = new Uint8Array(1);
    this.#memory.survey(pfn, holding);
    if (holding[0] === HoldingCode.zero) return true;
    if (holding[0] !== HoldingCode.stored || this.#read(pfn, 1) !== undefined) return undefined;
    return this.#zerosIn(1) === 1;
  }

  /** Adds pages of which the dump has the same. */
  #countAlike(code: number, start: number, end: number): void {
    if (code === HoldingCode.stored) this.#countProvable(start, end);
    else if (code === HoldingCode.zero) this.counts.zero += end - start;
    else if (code === HoldingCode.nonZero) this.counts.nonZero += end - start;
    else this.#countAbsent(HOLDINGS[code] as Absence, end - start);
  }

  /** Adds stored pages. Where no cheap proof exists they are read. */
  #countProvable(start: number, end: number): void {
    if (!this.#memory.surveyContents) {
      this.#countStored(start, end);
      return;
    }
    const proofs = this.#proofs.subarray(0, end - start);
    this.#memory.surveyContents(start, proofs);
    for (let from = 0; from < proofs.length; ) {
      const code = proofs[from] as number;
      let to = from + 1;
      while (to < proofs.length && proofs[to] === code) to++;
      if (code === HoldingCode.stored) this.#countStored(start + from, start + to);
      else this.#countAlike(code, start + from, start + to);
      from = to;
    }
  }

  #countStored(start: number, end: number): void {
    const most = this.#pages.length;
    for (let pfn = start; pfn < end; pfn += most) {
      const pages = Math.min(most, end - pfn);
      if (this.#read(pfn, pages) === undefined) this.#countBuffer(pages);
      else for (let one = pfn; one < pfn + pages; one++) this.#countOne(one);
    }
  }

  #countOne(pfn: number): void {
    const absence = this.#read(pfn, 1);
    if (absence === undefined) this.#countBuffer(1);
    else this.#countAbsent(absence, 1);
  }

  #countAbsent(absence: Absence, pages: number): void {
    this.counts.absent += pages;
    this.counts.absences.set(absence, (this.counts.absences.get(absence) ?? 0) + pages);
  }

  /** A page that the dump holds in part is judged by that part. */
  #read(pfn: number, pages: number): Absence | undefined {
    const into = this.#bytes.subarray(0, pages * PAGE_SIZE);
    if (!this.#memory.read(pfn * PAGE_SIZE, into)) return undefined;
    return this.#memory.readPadded(pfn * PAGE_SIZE, into)?.absence;
  }

  #countBuffer(pages: number): void {
    const zero = this.#zerosIn(pages);
    this.counts.zero += zero;
    this.counts.nonZero += pages - zero;
  }

  /**
   * How many of the first pages read are all zero. The first word decides most pages in use; memcmp does the
   * rest.
   */
  #zerosIn(count: number): number {
    const words = this.#words;
    const pages = this.#pages;
    let zero = 0;
    for (let page = 0; page < count; page++) {
      if (words[page * WORDS] === 0 && ZEROS.equals(pages[page] as Buffer)) zero++;
    }
    return zero;
  }
}
