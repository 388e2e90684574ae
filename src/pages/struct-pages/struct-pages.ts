import { ABSENCES } from '../../absence.ts';
import { pageAligned } from '../../bytes/page-aligned.ts';
import type { Range } from '../../bytes/ranges.ts';
import { type ErrorKind, InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { type MemSections, openMemSections } from '../../kernel/sparsemem/mem-section.ts';
import { PAGE_SIZE } from '../../machine.ts';

/** Most struct pages that are read at once: 256 KiB, an eighth of the 2 MiB that map those of a section. */
export const RUN_PAGES = 4096;

/** Pfns whose struct pages cannot be read, and why. */
export interface Gap extends Range {
  readonly reason: string;
  /** Whether the struct pages exist but the dump lacks them. Where nothing is mapped there are none. */
  readonly lost: boolean;
}

/** What was read of a run: `absent` where its section has no map, else the pfns that could not be read. */
export interface RunRead {
  readonly absent: boolean;
  readonly unreadable: readonly Gap[];
}

const ALL_READ: RunRead = { absent: false, unreadable: [] };
const ABSENT: RunRead = { absent: true, unreadable: [] };

/** Pfns whose struct pages lie one after the other in physical memory. */
interface Block extends Range {
  /** Physical address of the first, bytes. */
  readonly physical: number;
}

/**
 * Why a struct page cannot be read, by the kind of the error. Any other kind means that the dump does not
 * have it.
 */
const UNREAD: Partial<Record<ErrorKind, string>> = {
  notMapped: 'not mapped',
  corrupt: 'damaged in the dump',
  io: ABSENCES.unreadable,
};

/** Reads struct pages by pfn, through the section table and the page tables that map the vmemmap. */
export class StructPages {
  /** The struct pages of the last run, as 32-bit words. */
  readonly words: Int32Array;
  /**
   * The bytes of `words`: whoever no longer needs the words may use them for something else until the next
   * run.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #kernel: Kernel;
  readonly #sections: MemSections;
  readonly #size: number;
  #section = -1;
  #memMap: bigint | null = null;
  #offline = false;
  #block: Block = { start: 0, end: 0, physical: 0 };

  /** @throws InspectError as openMemSections does */
  constructor(kernel: Kernel, asMakedumpfile = false) {
    this.#kernel = kernel;
    this.#sections = openMemSections(kernel, asMakedumpfile);
    this.#size = this.#sections.structPageSize;
    this.bytes = pageAligned((RUN_PAGES + 1) * this.#size);
    this.words = new Int32Array(this.bytes.buffer, 0, this.bytes.length / 4);
  }

  /** Whether it is faster to read fewer struct pages in more reads. */
  get encoded(): boolean {
    return this.#kernel.image.memory.encoded;
  }

  get pagesPerSection(): number {
    return this.#sections.pagesPerSection;
  }

  /** Virtual address of a struct page, or null where its section is not present. @throws InspectError */
  addressOf(pfn: number): bigint | null {
    const map = this.#map(Math.floor(pfn / this.pagesPerSection));
    return map === null ? null : map + BigInt((pfn % this.pagesPerSection) * this.#size);
  }

  /** The parts of a range of pfns that lie in present sections, section by section. @throws InspectError */
  *presentParts({ start, end }: Range): Generator<Range> {
    const pages = this.pagesPerSection;
    for (const section of this.#sections.present(Math.floor(start / pages), Math.ceil(end / pages)))
      yield { start: Math.max(start, section * pages), end: Math.min(end, (section + 1) * pages) };
  }

  /** Whether the section of a page is not online. Its struct pages need not have been written then. */
  isOffline(pfn: number): boolean {
    try {
      this.#map(Math.floor(pfn / this.pagesPerSection));
      return this.#offline;
    } catch (error) {
      // Reading the struct pages reports the error.
      if (error instanceof InspectError) return false;
      throw error;
    }
  }

  /**
   * Reads `count` struct pages from `pfn` on, at most RUN_PAGES and all of one section. One more is read
   * where the last may be a head, because a head's order is in the struct page after it.
   */
  readRun(pfn: number, count: number): RunRead {
    const last = pfn + count;
    const lookahead = last % 2 === 1 && last % this.pagesPerSection !== 0 ? 1 : 0;
    if (this.#readBlock(pfn, count + lookahead)) return ALL_READ;
    let address: bigint | null;
    try {
      address = this.addressOf(pfn);
    } catch (error) {
      return { absent: false, unreadable: [{ start: pfn, end: last, ...whyNot(error), lost: true }] };
    }
    if (address === null) return ABSENT;
    if (this.#tryRead(address, 0, (count + lookahead) * this.#size) === undefined) {
      this.#keepBlock(pfn, address);
      return ALL_READ;
    }
    return { absent: false, unreadable: this.#readPiecewise(address, pfn, count, lookahead) };
  }

  /**
   * Reads from the block of the last run, whose address is already translated; false when that block does not
   * have all of it.
   */
  #readBlock(pfn: number, count: number): boolean {
    const { start, end, physical } = this.#block;
    if (pfn < start || pfn + count > end) return false;
    const into = this.bytes.subarray(0, count * this.#size);
    return this.#kernel.image.memory.read(physical + (pfn - start) * this.#size, into) === undefined;
  }

  /**
   * Keeps the part of this pfn's section whose struct pages lie in the same page of the vmemmap, which has 2
   * MiB most often.
   */
  #keepBlock(pfn: number, address: bigint): void {
    const { virtual, physical, size } = this.#kernel.space.mappingAt(address);
    const inside = Number(address - virtual);
    const before = Math.min(Math.floor(inside / this.#size), pfn % this.pagesPerSection);
    const after = Math.floor((size - inside) / this.#size);
    const start = pfn - before;
    const sectionEnd = pfn - (pfn % this.pagesPerSection) + this.pagesPerSection;
    this.#block = {
      start,
      end: Math.min(pfn + after, sectionEnd),
      physical: physical + inside - before * this.#size,
    };
  }

  #map(section: number): bigint | null {
    if (section !== this.#section) {
      this.#section = -1;
      this.#memMap = this.#sections.memMapOf(section);
      this.#offline = this.#sections.isOffline(section);
      this.#section = section;
    }
    return this.#memMap;
  }

  /** Reads page by page of the vmemmap, because one that is missing must not hide the others. */
  #readPiecewise(address: bigint, pfn: number, count: number, lookahead: number): Gap[] {
    const missing: Gap[] = [];
    const length = (count + lookahead) * this.#size;
    let told = 0;
    for (let done = 0; done < length; ) {
      const part = Math.min(PAGE_SIZE - Number((address + BigInt(done)) % BigInt(PAGE_SIZE)), length - done);
      const error = this.#tryRead(address + BigInt(done), done, part);
      if (error) {
        // A struct page of an odd size may lie in two pages of the vmemmap.
        const start = Math.max(told, Math.floor(done / this.#size));
        told = Math.min(count, Math.ceil((done + part) / this.#size));
        if (told > start) missing.push({ start: pfn + start, end: pfn + told, ...whyNot(error) });
      }
      done += part;
    }
    return missing;
  }

  /**
   * Reads into the run's bytes. What cannot be read becomes zero, because the struct pages of the last run
   * are still there.
   */
  #tryRead(address: bigint, at: number, length: number): InspectError | undefined {
    const into = this.bytes.subarray(at, at + length);
    try {
      this.#kernel.space.read(address, into);
      return undefined;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      into.fill(0);
      return error;
    }
  }
}

function whyNot(error: unknown): Omit<Gap, keyof Range> {
  if (!(error instanceof InspectError)) throw error;
  const reason = `the struct pages are ${UNREAD[error.kind] ?? 'not in the dump'}`;
  return { reason, lost: error.kind !== 'notMapped' };
}
