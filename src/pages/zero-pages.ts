import { pageAligned } from '../bytes/page-aligned.ts';
import type { Range } from '../bytes/ranges.ts';
import { type Absence, Held, HOLDINGS, type PhysicalMemory } from '../formats/image.ts';

const PAGE = 4096;
const WORDS = PAGE / 4;
/** Pages read at once: 1 MiB, from where on a larger read is no faster. */
const READ_PAGES = 256;
/** Pages asked for at once what the dump has of them. */
const SURVEY_PAGES = 4096;
const ZEROS = Buffer.alloc(PAGE);
/** Words of a page that are looked at before the whole of it is compared: a page in use is told by them. */
const FIRST_WORDS = 16;

/** What the contents of pages say. */
export interface ContentCounts {
  zero: number;
  nonZero: number;
  /** Pages whose contents cannot be had. */
  absent: number;
  /** The same pages by the reason. */
  readonly absences: Map<Absence, number>;
}

/** The pfns that ascending disjoint ranges of bytes touch. */
export function* pfnRanges(ranges: Iterable<Range>): Generator<Range> {
  let open: Range | undefined;
  for (const range of ranges) {
    const start = Math.floor(range.start / PAGE);
    const end = Math.ceil(range.end / PAGE);
    if (open && start > open.end) yield open;
    open = { start: open && start <= open.end ? open.start : start, end };
  }
  if (open) yield open;
}

/** Tells pages that are all zero from those that are not. */
export class ZeroPages {
  readonly counts: ContentCounts = { zero: 0, nonZero: 0, absent: 0, absences: new Map() };
  readonly #memory: PhysicalMemory;
  readonly #bytes = pageAligned(READ_PAGES * PAGE);
  readonly #words = new Int32Array(this.#bytes.buffer, 0, READ_PAGES * WORDS);
  readonly #buffer = Buffer.from(this.#bytes.buffer, 0, READ_PAGES * PAGE);
  readonly #holdings = new Uint8Array(SURVEY_PAGES);

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  /** Adds the pages from `start` to `end` (pfns) to the counts. */
  count(start: number, end: number): void {
    for (let pfn = start; pfn < end; pfn += SURVEY_PAGES) {
      const holdings = this.#holdings.subarray(0, Math.min(SURVEY_PAGES, end - pfn));
      this.#memory.surveyContents(pfn, holdings);
      for (let from = 0; from < holdings.length; ) {
        const code = holdings[from] as number;
        let to = from + 1;
        while (to < holdings.length && holdings[to] === code) to++;
        this.#countAlike(code, pfn + from, pfn + to);
        from = to;
      }
    }
  }

  /** Whether one page is all zero; undefined when its contents cannot be had. */
  isZero(pfn: number): boolean | undefined {
    const { zero, absent } = this.counts;
    this.count(pfn, pfn + 1);
    if (this.counts.absent > absent) return undefined;
    return this.counts.zero > zero;
  }

  /** Pages of which the dump has the same. */
  #countAlike(code: number, start: number, end: number): void {
    if (code === Held.stored) this.#countStored(start, end);
    else if (code === Held.zero) this.counts.zero += end - start;
    else if (code === Held.nonZero) this.counts.nonZero += end - start;
    else this.#countAbsent(HOLDINGS[code] as Absence, end - start);
  }

  #countStored(start: number, end: number): void {
    for (let pfn = start; pfn < end; pfn += READ_PAGES) {
      const pages = Math.min(READ_PAGES, end - pfn);
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
    const into = this.#bytes.subarray(0, pages * PAGE);
    if (!this.#memory.read(pfn * PAGE, into)) return undefined;
    return this.#memory.readPadded(pfn * PAGE, into)?.absence;
  }

  #countBuffer(pages: number): void {
    let zero = 0;
    for (let page = 0; page < pages; page++) if (this.#isZeroAt(page)) zero++;
    this.counts.zero += zero;
    this.counts.nonZero += pages - zero;
  }

  /** A page in use is told by its first words in most cases; memcmp does the rest, and stops where it differs. */
  #isZeroAt(page: number): boolean {
    const words = this.#words;
    const first = page * WORDS;
    for (let i = first; i < first + FIRST_WORDS; i++) if (words[i] !== 0) return false;
    return ZEROS.compare(this.#buffer, page * PAGE, (page + 1) * PAGE) === 0;
  }
}
