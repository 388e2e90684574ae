import { partsHeld } from '../bytes/held.ts';
import {
  clipRanges,
  countOf,
  firstEndingAfter,
  indexOfRange,
  mergeRanges,
  type Range,
  subtractRanges,
} from '../bytes/ranges.ts';
import type { ByteSource } from '../bytes/source.ts';
import { InspectError } from '../errors.ts';
import { type Extent, firstWins } from './extents.ts';
import { type Absence, Held, type MemoryAmounts, type Missing, type PhysicalMemory } from './image.ts';

const PAGE = 4096;

/** What a file says of its memory, before its own size was asked. */
export interface MemoryClaims {
  /** In file order; may overlap. */
  readonly extents: readonly Extent[];
  /** All memory that the file knows of, stored or not. */
  readonly described: readonly Range[];
  /** Bytes of the file that extents may use; null where the file has no true size. */
  readonly fileSize: number | null;
  /** Whether the dump says itself that it is incomplete. */
  readonly incomplete?: boolean;
}

/** Physical memory that lies in a file as plain runs of bytes. */
export class ExtentMemory implements PhysicalMemory {
  /** What the file holds: ascending and disjoint. */
  readonly stored: readonly Range[];
  /** What it should hold and does not, for it ends too early. */
  readonly truncated: readonly Range[];
  readonly encoded = false;
  readonly #described: readonly Range[];
  readonly #source: ByteSource;
  readonly #extents: readonly Extent[];
  readonly #incomplete: boolean;
  readonly #fileSize: number | null;
  /** Whether a read found an end where the file had none when it was opened. */
  #shrunk = false;
  #last = 0;

  /** @throws InspectError corrupt, when the file would hold more memory than it has bytes */
  constructor(source: ByteSource, claims: MemoryClaims) {
    this.#source = source;
    this.#extents = firstWins(claims.extents.flatMap((extent) => heldOf(extent, source, claims.fileSize)));
    this.#incomplete = claims.incomplete === true || source.cutShort === true;
    this.#fileSize = claims.fileSize;
    this.stored = mergeRanges(this.#extents);
    requireOwnBytes(source, this.stored, claims.fileSize);
    this.#described = mergeRanges([...claims.described, ...claims.extents]);
    this.truncated = subtractRanges(mergeRanges(claims.extents), this.stored);
  }

  get amounts(): MemoryAmounts {
    return {
      described: countOf(this.#described),
      stored: countOf(this.stored),
      truncated: countOf(this.truncated),
    };
  }

  get cutShort(): boolean {
    return this.#incomplete || this.#shrunk || this.truncated.length > 0;
  }

  described(start = 0, end = Number.POSITIVE_INFINITY): Iterable<Range> {
    return clipRanges(this.#described, start, end);
  }

  survey(pfn: number, holdings: Uint8Array): void {
    holdings.fill(Held.hole);
    const mark = (ranges: readonly Range[], code: number) => {
      for (const { start, end } of clipRanges(ranges, pfn * PAGE, (pfn + holdings.length) * PAGE)) {
        holdings.fill(code, Math.floor(start / PAGE) - pfn, Math.ceil(end / PAGE) - pfn);
      }
    };
    mark(this.#described, Held.notStored);
    mark(this.stored, Held.stored);
    mark(this.truncated, Held.truncated);
  }

  read(address: number, into: Uint8Array): Missing | undefined {
    let done = 0;
    while (done < into.length) {
      const extent = this.#extentAt(address + done);
      if (!extent) return this.#missing(address + done);
      const part = this.#readFrom(extent, address + done, done === 0 ? into : into.subarray(done));
      if (typeof part !== 'number') return part;
      done += part;
    }
    return undefined;
  }

  readPadded(address: number, into: Uint8Array): Missing | undefined {
    into.fill(0);
    const end = address + into.length;
    for (let at = address; at < end; ) {
      const extent = this.#extentAt(at);
      if (!extent) {
        at = Math.min(end, this.#nextStored(at));
        continue;
      }
      const part = this.#readFrom(extent, at, into.subarray(at - address));
      if (typeof part !== 'number') return part;
      at += part;
    }
    return undefined;
  }

  /** Reads what `extent` has for `into`: how many bytes that were, or why there were none. */
  #readFrom(extent: Extent, address: number, into: Uint8Array): number | Missing {
    const length = Math.min(into.length, extent.end - address);
    try {
      const part = length === into.length ? into : into.subarray(0, length);
      const got = this.#source.read(positionOf(extent, address), part);
      if (got === length) return length;
      if (this.#fileSize !== null) this.#shrunk = true;
      return { absence: 'truncated', address: address + got };
    } catch (error) {
      if (!(error instanceof InspectError) || error.kind !== 'io') throw error;
      return { absence: 'unreadable', address, detail: error.message };
    }
  }

  #extentAt(address: number): Extent | undefined {
    const last = this.#extents[this.#last];
    if (last && address >= last.start && address < last.end) return last;
    const index = indexOfRange(this.#extents, address);
    if (index < 0) return undefined;
    this.#last = index;
    return this.#extents[index];
  }

  #nextStored(address: number): number {
    return this.#extents[firstEndingAfter(this.#extents, address)]?.start ?? Number.POSITIVE_INFINITY;
  }

  #missing(address: number): Missing {
    const held = (ranges: readonly Range[]) => indexOfRange(ranges, address) >= 0;
    const absence: Absence = held(this.truncated)
      ? 'truncated'
      : held(this.#described)
        ? 'notStored'
        : 'hole';
    return { absence, address };
  }
}

/** Where the file holds an address: a number where it can be one, for a bigint a read costs the scan more than the copying. */
function positionOf(extent: Extent, address: number): number | bigint {
  const position = Number(extent.offset) + (address - extent.start);
  return Number.isSafeInteger(position) ? position : extent.offset + BigInt(address - extent.start);
}

/** Headers that all claim the same bytes of a file could make it hold any amount of memory. */
function requireOwnBytes({ path }: ByteSource, stored: readonly Range[], fileSize: number | null): void {
  const bytes = countOf(stored);
  if (fileSize === null || bytes <= fileSize) return;
  throw new InspectError(
    'corrupt',
    `${path}: its headers say that it holds ${bytes} bytes of memory, and the file has ${fileSize}: they claim the same parts of it for several places`,
    { path },
  );
}

/** The parts of an extent that the file has. */
function heldOf(extent: Extent, { lost }: ByteSource, size: number | null): Extent[] {
  if (size === null) return [extent];
  const { start, end, offset } = extent;
  return partsHeld({ size, ...(lost ? { lost } : {}) }, offset, BigInt(end - start)).map((part) => {
    const at = start + (part.start - Number(offset));
    return { start: at, end: at + (part.end - part.start), offset: BigInt(part.start) };
  });
}
