import { Lru } from '../../bytes/lru.ts';
import type { Range } from '../../bytes/ranges.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { HoldingCode, type MemoryAmounts, type MissingByte, type PhysicalMemory } from '../image/image.ts';
import type { Problem } from './page-data.ts';
import { ACTIVE_PARTS, type KdumpPart } from './part.ts';

/** Decoded pages kept: small structures are read field by field, many of them in one page. 256 KiB. */
const KEPT_PAGES = 64;

class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.absence);
    this.problem = problem;
  }
}

/** Physical memory that is stored page by page in kdump-compressed files. */
export class KdumpMemory implements PhysicalMemory {
  readonly encoded = true;
  /** In pfn order. */
  readonly #parts: readonly KdumpPart[];
  readonly #first: KdumpPart;
  /** The parts that were read last, the most recent first. */
  readonly #active: KdumpPart[] = [];
  readonly #pages = new Lru<number, Uint8Array>(KEPT_PAGES);
  #amounts: MemoryAmounts | undefined;
  #pieces: number | undefined;

  /** @param parts at least one, in pfn order, without overlap */
  constructor(parts: readonly [KdumpPart, ...KdumpPart[]]) {
    this.#parts = parts;
    this.#first = parts[0];
  }

  get amounts(): MemoryAmounts {
    this.#amounts ??= this.#sum();
    return this.#amounts;
  }

  #sum(): MemoryAmounts {
    const { dumped, missing } = this.pagesIn(0, this.#first.existing.pages);
    return {
      described: this.describedBytes,
      stored: (dumped - missing) * PAGE_SIZE,
      truncated: missing * PAGE_SIZE,
    };
  }

  get cutShort(): boolean {
    return this.#parts.some((part) => part.cutShort) || this.missingParts.length > 0;
  }

  get shrunk(): boolean {
    return this.#parts.some((part) => part.shrunk);
  }

  /** The pfns that no given part has. */
  get missingParts(): Range[] {
    const gaps: Range[] = [];
    let start = 0;
    for (const part of this.#parts) {
      if (part.start > start) gaps.push({ start, end: part.start });
      start = Math.max(start, part.end);
    }
    if (start < this.#first.existing.pages) gaps.push({ start, end: this.#first.existing.pages });
    return gaps;
  }

  /** How many pages of [start, end) (pfns) the given files should have, and how many of these are missing. */
  pagesIn(start: number, end: number): { dumped: number; missing: number } {
    const sum = { dumped: 0, missing: 0 };
    for (const part of this.#parts) {
      const { dumped, missing } = part.pagesIn(start, end);
      sum.dumped += dumped;
      sum.missing += missing;
    }
    return sum;
  }

  *described(start = 0, end = Number.POSITIVE_INFINITY): Generator<Range> {
    for (const run of this.#first.existing.runs(Math.floor(start / PAGE_SIZE), Math.ceil(end / PAGE_SIZE))) {
      yield { start: Math.max(start, run.start * PAGE_SIZE), end: Math.min(end, run.end * PAGE_SIZE) };
    }
  }

  get describedBytes(): number {
    const { existing } = this.#first;
    return existing.rank(existing.pages) * PAGE_SIZE;
  }

  get pieces(): number {
    this.#pieces ??= this.#first.existing.runCount;
    return this.#pieces;
  }

  survey(pfn: number, holdings: Uint8Array): void {
    this.#survey(pfn, holdings, false);
  }

  surveyContents(pfn: number, holdings: Uint8Array): void {
    this.#survey(pfn, holdings, true);
  }

  #survey(pfn: number, holdings: Uint8Array, contents: boolean): void {
    for (let done = 0; done < holdings.length; ) {
      const at = pfn + done;
      const part = this.#partOf(at);
      const until = part ? part.end : this.#nextStart(at);
      const piece = holdings.subarray(done, Math.min(holdings.length, until - pfn));
      if (part) part.survey(at, piece, contents);
      else this.#surveyWithoutPart(at, piece);
      done += piece.length;
    }
  }

  /** What is known about pages whose part was not given: each part has the bitmaps of the whole dump. */
  #surveyWithoutPart(pfn: number, holdings: Uint8Array): void {
    for (let n = 0; n < holdings.length; n++) {
      holdings[n] = HoldingCode[this.#withoutPart(pfn + n)];
    }
  }

  #withoutPart(pfn: number): 'hole' | 'notStored' | 'otherPart' {
    const { existing, dumped } = this.#first;
    if (pfn >= existing.pages || !existing.has(pfn)) return 'hole';
    return dumped.has(pfn) ? 'otherPart' : 'notStored';
  }

  #partOf(pfn: number): KdumpPart | undefined {
    const holds = (part: KdumpPart) => pfn >= part.start && pfn < part.end;
    const last = this.#active[0];
    if (last && holds(last)) return last;
    const part = this.#parts.find(holds);
    if (part) this.#activate(part);
    return part;
  }

  #activate(part: KdumpPart): void {
    const at = this.#active.indexOf(part);
    if (at >= 0) this.#active.splice(at, 1);
    this.#active.unshift(part);
    while (this.#active.length > ACTIVE_PARTS) this.#active.pop()?.release();
  }

  #nextStart(pfn: number): number {
    return (
      this.#parts.find((part) => part.start > pfn && part.end > part.start)?.start ?? Number.POSITIVE_INFINITY
    );
  }

  read(address: number, into: Uint8Array): MissingByte | undefined {
    for (let done = 0; done < into.length; ) {
      const at = address + done;
      const inside = at % PAGE_SIZE;
      const length = Math.min(PAGE_SIZE - inside, into.length - done);
      const problem = this.#readInside((at - inside) / PAGE_SIZE, inside, into.subarray(done, done + length));
      if (problem) return { ...problem, address: at };
      done += length;
    }
    return undefined;
  }

  /** Pages are held whole or not at all. Pages that are not held become zero; damaged pages do not. */
  readPadded(address: number, into: Uint8Array): MissingByte | undefined {
    for (let done = 0; done < into.length; ) {
      const inside = (address + done) % PAGE_SIZE;
      const piece = into.subarray(done, Math.min(into.length, done + PAGE_SIZE - inside));
      const missing = this.read(address + done, piece);
      if (missing && missing.absence !== 'hole' && missing.absence !== 'notStored') return missing;
      if (missing) piece.fill(0);
      done += piece.length;
    }
    return undefined;
  }

  /** Reads a part of a page. A whole page is decoded into place, because a scan does not return to it. */
  #readInside(pfn: number, inside: number, into: Uint8Array): Problem | undefined {
    if (into.length === PAGE_SIZE) return this.#readPage(pfn, into);
    try {
      const page = this.#pages.get(pfn, () => this.#decoded(pfn));
      into.set(page.subarray(inside, inside + into.length));
      return undefined;
    } catch (error) {
      if (error instanceof ProblemError) return error.problem;
      throw error;
    }
  }

  #decoded(pfn: number): Uint8Array {
    const page = new Uint8Array(PAGE_SIZE);
    const problem = this.#readPage(pfn, page);
    if (problem) throw new ProblemError(problem);
    return page;
  }

  #readPage(pfn: number, into: Uint8Array): Problem | undefined {
    const part = this.#partOf(pfn);
    return part ? part.read(pfn, into) : { absence: this.#withoutPart(pfn) };
  }
}
