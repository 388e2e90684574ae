import { mergeRanges, type Range } from '../bytes/ranges.ts';
import { InspectError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { type MemSections, openMemSections } from '../kernel/mem-section.ts';

/** Struct pages read at once: 256 KiB of them, which is a quarter of the 2 MiB block that maps a section's. */
export const RUN_PAGES = 4096;
const PAGE = 4096;

/** What was read of a run: `absent` where its section has no map, else the pfns that could not be read. */
export interface RunRead {
  readonly absent: boolean;
  readonly unreadable: readonly Range[];
}

const ALL_READ: RunRead = { absent: false, unreadable: [] };
const ABSENT: RunRead = { absent: true, unreadable: [] };

/** Reads struct pages by pfn, through the section table and the page tables that map the vmemmap. */
export class StructPages {
  /** The struct pages of the last run, as 32-bit words. */
  readonly words: Uint32Array;
  /** Why struct pages could not be read, and how many each time. */
  readonly failures = new Map<string, number>();
  readonly #kernel: Kernel;
  readonly #sections: MemSections;
  readonly #bytes: Uint8Array;
  readonly #size: number;
  #section = -1;
  #memMap: bigint | null = null;

  /** @throws InspectError as openMemSections does */
  constructor(kernel: Kernel, asMakedumpfile = false) {
    this.#kernel = kernel;
    this.#sections = openMemSections(kernel, asMakedumpfile);
    this.#size = this.#sections.structPageSize;
    this.words = new Uint32Array(((RUN_PAGES + 1) * this.#size) / 4);
    this.#bytes = new Uint8Array(this.words.buffer);
  }

  get pagesPerSection(): number {
    return this.#sections.pagesPerSection;
  }

  /** Virtual address of a struct page, or null where its section is not present. @throws InspectError */
  addressOf(pfn: number): bigint | null {
    const map = this.#map(Math.floor(pfn / this.pagesPerSection));
    return map === null ? null : map + BigInt((pfn % this.pagesPerSection) * this.#size);
  }

  /**
   * Reads `count` struct pages from `pfn` on, at most RUN_PAGES and all of one section. One more comes along where the
   * last is a possible head, for a head's order stands in the struct page behind it.
   */
  readRun(pfn: number, count: number): RunRead {
    let address: bigint | null;
    try {
      address = this.addressOf(pfn);
    } catch (error) {
      this.#note(error, count);
      return { absent: false, unreadable: [{ start: pfn, end: pfn + count }] };
    }
    if (address === null) return ABSENT;
    const last = pfn + count;
    const lookahead = last % 2 === 1 && last % this.pagesPerSection !== 0 ? 1 : 0;
    if (this.#tryRead(address, 0, (count + lookahead) * this.#size) === undefined) return ALL_READ;
    return { absent: false, unreadable: this.#readPiecewise(address, pfn, count, lookahead) };
  }

  #map(section: number): bigint | null {
    if (section !== this.#section) {
      this.#section = -1;
      this.#memMap = this.#sections.memMapOf(section);
      this.#section = section;
    }
    return this.#memMap;
  }

  /** Page by page of the vmemmap, for one that is missing must not hide the others. */
  #readPiecewise(address: bigint, pfn: number, count: number, lookahead: number): Range[] {
    const missing: Range[] = [];
    const length = (count + lookahead) * this.#size;
    let told = 0;
    for (let done = 0; done < length; ) {
      const part = Math.min(PAGE - Number((address + BigInt(done)) % BigInt(PAGE)), length - done);
      const error = this.#tryRead(address + BigInt(done), done, part);
      if (error) {
        // A struct page of an odd size may reach over the border of two pages of the vmemmap.
        const start = Math.max(told, Math.floor(done / this.#size));
        told = Math.min(count, Math.ceil((done + part) / this.#size));
        if (told > start) missing.push({ start: pfn + start, end: pfn + told });
        this.#note(error, told - start);
      }
      done += part;
    }
    return mergeRanges(missing);
  }

  /** Reads into the run's bytes; what cannot be read becomes zero, for the last run's struct pages stood there. */
  #tryRead(address: bigint, at: number, length: number): InspectError | undefined {
    const into = this.#bytes.subarray(at, at + length);
    try {
      this.#kernel.space.read(address, into);
      return undefined;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      into.fill(0);
      return error;
    }
  }

  #note(error: unknown, pages: number): void {
    if (!(error instanceof InspectError)) throw error;
    if (pages <= 0) return;
    const reason =
      error.kind === 'notMapped' ? 'the struct pages are not mapped' : 'the struct pages are not in the dump';
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + pages);
  }
}
