import type { Absence } from '../../src/absence.ts';
import { clipRanges, countOf, mergeRanges, type Range, subtractRanges } from '../../src/bytes/ranges.ts';
import {
  HoldingCode,
  type MemoryAmounts,
  type MissingByte,
  type PhysicalMemory,
} from '../../src/formats/image/image.ts';

const PAGE = 4096;

/** What a made-up dump covers, in bytes of physical memory. */
export interface MemoryPlan {
  readonly described: readonly Range[];
  /** Described, but written without its contents. */
  readonly notStored?: readonly Range[];
  /** Described, but past the end of the file. */
  readonly truncated?: readonly Range[];
  /** Stored, but the system refuses to read it. */
  readonly unreadable?: readonly Range[];
  /** Stored, but its contents do not decode. */
  readonly damaged?: readonly Range[];
}

/** Sparse physical memory: only pages that were written use memory; all others that it stores are zero. */
export class BuiltMemory implements PhysicalMemory {
  /** What the dump describes, ascending and disjoint. */
  covered: readonly Range[] = [];
  encoded = false;
  stored: readonly Range[] = [];
  #truncated: readonly Range[] = [];
  #damaged: readonly Range[] = [];
  /** What cannot be read, for either reason. */
  #refused: readonly Range[] = [];
  /** Physical addresses of all reads, in order. */
  readonly reads: number[] = [];
  readonly #pages = new Map<number, Uint8Array>();

  constructor(plan: MemoryPlan) {
    this.plan(plan);
  }

  /** Changes what the dump covers; what was written stays. */
  plan(plan: MemoryPlan): void {
    const absent = mergeRanges([...(plan.notStored ?? []), ...(plan.truncated ?? [])]);
    this.covered = mergeRanges(plan.described);
    this.stored = subtractRanges(this.covered, absent);
    this.#truncated = mergeRanges(plan.truncated ?? []);
    this.#damaged = plan.damaged ?? [];
    this.#refused = mergeRanges([...(plan.unreadable ?? []), ...this.#damaged]);
  }

  get amounts(): MemoryAmounts {
    return {
      described: countOf(this.covered),
      stored: countOf(this.stored),
      truncated: countOf(this.#truncated),
    };
  }

  get cutShort(): boolean {
    return this.#truncated.length > 0;
  }

  described(start = 0, end = Number.POSITIVE_INFINITY): Iterable<Range> {
    return clipRanges(this.covered, start, end);
  }

  /** Goes page by page, unlike the real implementations. */
  survey(pfn: number, holdings: Uint8Array): void {
    for (let n = 0; n < holdings.length; n++) {
      const page = { start: (pfn + n) * PAGE, end: (pfn + n + 1) * PAGE };
      const touches = (ranges: readonly Range[]) =>
        ranges.some((r) => r.start < page.end && r.end > page.start);
      if (touches(this.stored)) holdings[n] = HoldingCode.stored;
      else if (touches(this.#truncated)) holdings[n] = HoldingCode.truncated;
      else holdings[n] = touches(this.covered) ? HoldingCode.notStored : HoldingCode.hole;
    }
  }

  write(address: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const at = address + i;
      this.#page(Math.floor(at / PAGE))[at % PAGE] = bytes[i] ?? 0;
    }
  }

  writeU64(address: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.write(address, bytes);
  }

  writeU32(address: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.write(address, bytes);
  }

  /** The written value, whether the dump stores it or not. */
  peekU64(address: number): bigint {
    const page = this.#page(Math.floor(address / PAGE));
    return new DataView(page.buffer).getBigUint64(address % PAGE, true);
  }

  /** The written byte, whether the dump stores it or not. */
  byteAt(address: number): number {
    return this.#page(Math.floor(address / PAGE))[address % PAGE] ?? 0;
  }

  /** The written pages. */
  *pages(): Generator<{ pfn: number; bytes: Uint8Array }> {
    for (const [pfn, bytes] of this.#pages) yield { pfn, bytes };
  }

  /** The pfns of pages that are not all zero. */
  nonZeroPfns(): number[] {
    return [...this.#pages].filter(([, bytes]) => bytes.some((byte) => byte !== 0)).map(([pfn]) => pfn);
  }

  read(address: number, into: Uint8Array): MissingByte | undefined {
    this.reads.push(address);
    for (let at = address; at < address + into.length; at = nextPage(at)) {
      const end = Math.min(address + into.length, nextPage(at));
      const missing = this.#missingIn(at, end);
      if (missing) return missing;
    }
    this.#copy(address, into);
    return undefined;
  }

  readPadded(address: number, into: Uint8Array): MissingByte | undefined {
    this.reads.push(address);
    const end = address + into.length;
    const refused = this.#refused.find((r) => r.start < end && r.end > address);
    if (refused) {
      const at = Math.max(address, refused.start);
      return { absence: this.#absence(at), address: at };
    }
    this.#copy(address, into);
    for (const gap of subtractRanges([{ start: address, end }], this.stored)) {
      into.fill(0, gap.start - address, gap.end - address);
    }
    return undefined;
  }

  /** The first byte that cannot be read in a part of one page. */
  #missingIn(start: number, end: number): MissingByte | undefined {
    const [gap] = subtractRanges(subtractRanges([{ start, end }], this.#refused), this.stored);
    const refused = this.#refused.find((r) => r.start < end && r.end > start);
    const at = Math.min(gap?.start ?? end, refused === undefined ? end : Math.max(start, refused.start));
    return at === end ? undefined : { absence: this.#absence(at), address: at };
  }

  #absence(at: number): Absence {
    const inside = (ranges: readonly Range[]) => ranges.some(({ start, end }) => at >= start && at < end);
    if (inside(this.#damaged)) return 'corrupt';
    if (inside(this.#refused)) return 'unreadable';
    if (inside(this.#truncated)) return 'truncated';
    return inside(this.covered) ? 'notStored' : 'hole';
  }

  #copy(address: number, into: Uint8Array): void {
    into.fill(0);
    for (let at = address; at < address + into.length; at = nextPage(at)) {
      const page = this.#pages.get(Math.floor(at / PAGE));
      const end = Math.min(address + into.length, nextPage(at));
      if (page) into.set(page.subarray(at % PAGE, (at % PAGE) + end - at), at - address);
    }
  }

  #page(pfn: number): Uint8Array {
    const held = this.#pages.get(pfn);
    if (held) return held;
    const page = new Uint8Array(PAGE);
    this.#pages.set(pfn, page);
    return page;
  }
}

function nextPage(address: number): number {
  return (Math.floor(address / PAGE) + 1) * PAGE;
}
