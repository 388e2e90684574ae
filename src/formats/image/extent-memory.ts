import type { Absence } from '../../absence.ts';
import { partsHeld } from '../../bytes/parts-held.ts';
import { RangeCollector, type RangeList } from '../../bytes/range-list.ts';
import { countOf, type Range } from '../../bytes/ranges.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { type Extent, Extents, firstWins } from './extents.ts';
import { HoldingCode, type MemoryAmounts, type MissingByte, type PhysicalMemory } from './image.ts';

/** What a file claims about its memory, before its own size is checked. */
export interface MemoryClaims {
  /** In file order; may overlap. */
  readonly extents: Iterable<Extent>;
  /** All memory that the file knows of, stored or not. */
  readonly described: Iterable<Range>;
  /** Bytes of the file that extents may use; null if the file has no true size. */
  readonly fileSize: number | null;
  /** Whether the dump itself says that it is incomplete. */
  readonly incomplete?: boolean;
  /** Whether the source decodes what it reads. */
  readonly encoded?: boolean;
}

/** Physical memory that a file stores as plain runs of bytes. */
export class ExtentMemory implements PhysicalMemory {
  /** What the file holds, ascending and disjoint. */
  readonly stored: RangeList;
  /** What the file should hold but does not, because it ends too early. */
  readonly truncated: RangeList;
  readonly encoded: boolean;
  readonly #described: RangeList;
  readonly #source: ByteSource;
  readonly #extents: Extents;
  readonly #incomplete: boolean;
  readonly #fileSize: number | null;
  /** Whether a read met an end of the file that was not there when it was opened. */
  shrunk = false;
  #last = 0;

  /** @throws InspectError corrupt, if the file would hold more memory than it has bytes */
  constructor(source: ByteSource, claims: MemoryClaims) {
    this.#source = source;
    this.#incomplete = claims.incomplete === true || source.cutShort === true;
    this.#fileSize = claims.fileSize;
    this.encoded = claims.encoded === true;
    const { held, cut } = heldOf(Extents.of(claims.extents), source, claims.fileSize);
    this.#extents = firstWins(held);
    this.stored = this.#extents.ranges();
    requireOwnBytes(source, this.stored, claims.fileSize);
    this.truncated = cut.union().without(this.stored);
    this.#described = withRanges(this.stored, [cut, claims.described]);
  }

  get amounts(): MemoryAmounts {
    return {
      described: this.describedBytes,
      stored: this.stored.total,
      truncated: this.truncated.total,
    };
  }

  get describedBytes(): number {
    return this.#described.total;
  }

  get pieces(): number {
    return this.#described.length;
  }

  /** Three times the size: arrays grow by doubling, and the old one is kept until the new one is filled. */
  get indexBytes(): number {
    return 3 * (24 * this.#extents.length + 16 * (this.stored.length + this.#described.length));
  }

  get cutShort(): boolean {
    return this.#incomplete || this.shrunk || this.truncated.length > 0;
  }

  described(start = 0, end = Number.POSITIVE_INFINITY): Iterable<Range> {
    return this.#described.clip(start, end);
  }

  survey(pfn: number, holdings: Uint8Array): void {
    holdings.fill(HoldingCode.hole);
    const mark = (ranges: RangeList, code: number) => {
      for (const { start, end } of ranges.clip(pfn * PAGE_SIZE, (pfn + holdings.length) * PAGE_SIZE)) {
        holdings.fill(code, Math.floor(start / PAGE_SIZE) - pfn, Math.ceil(end / PAGE_SIZE) - pfn);
      }
    };
    mark(this.#described, HoldingCode.notStored);
    mark(this.stored, HoldingCode.stored);
    mark(this.truncated, HoldingCode.truncated);
  }

  read(address: number, into: Uint8Array): MissingByte | undefined {
    let done = 0;
    while (done < into.length) {
      const extent = this.#extentAt(address + done);
      if (extent < 0) return this.#missing(address + done);
      const part = this.#readFrom(extent, address + done, done === 0 ? into : into.subarray(done));
      if (typeof part !== 'number') return part;
      done += part;
    }
    return undefined;
  }

  readPadded(address: number, into: Uint8Array): MissingByte | undefined {
    into.fill(0);
    const end = address + into.length;
    for (let at = address; at < end; ) {
      const extent = this.#extentAt(at);
      if (extent < 0) {
        at = Math.min(end, this.#extents.nextStart(at));
        continue;
      }
      const part = this.#readFrom(extent, at, into.subarray(at - address));
      if (typeof part !== 'number') return part;
      at += part;
    }
    return undefined;
  }

  /**
   * Reads what the extent with that index has for `into`. Returns the number of bytes, or why there are none.
   */
  #readFrom(extent: number, address: number, into: Uint8Array): number | MissingByte {
    const length = Math.min(into.length, this.#extents.end(extent) - address);
    try {
      const part = length === into.length ? into : into.subarray(0, length);
      const got = this.#source.read(this.#positionOf(extent, address), part);
      if (got === length) return length;
      if (this.#fileSize !== null) this.shrunk = true;
      return { absence: 'truncated', address: address + got };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      if (error.kind === 'corrupt') return { absence: 'corrupt', address, detail: error.message };
      if (error.kind !== 'io') throw error;
      return { absence: 'unreadable', address, detail: error.message };
    }
  }

  /**
   * The file position of an address: a number if it fits in one, because with a bigint a read costs the scan
   * more than the copying.
   */
  #positionOf(extent: number, address: number): number | bigint {
    const offset = this.#extents.offset(extent);
    const inside = address - this.#extents.start(extent);
    const position = Number(offset) + inside;
    return Number.isSafeInteger(position) ? position : offset + BigInt(inside);
  }

  /** The index of the extent that holds an address; -1 if none does. */
  #extentAt(address: number): number {
    const last = this.#last;
    if (
      last < this.#extents.length &&
      address >= this.#extents.start(last) &&
      address < this.#extents.end(last)
    )
      return last;
    const index = this.#extents.indexOf(address);
    if (index >= 0) this.#last = index;
    return index;
  }

  #missing(address: number): MissingByte {
    const absence: Absence = this.truncated.has(address)
      ? 'truncated'
      : this.#described.has(address)
        ? 'notStored'
        : 'hole';
    return { absence, address };
  }
}

/** Headers that all claim the same bytes of a file could make it hold any amount of memory. */
function requireOwnBytes({ path }: ByteSource, stored: RangeList, fileSize: number | null): void {
  const bytes = stored.total;
  if (fileSize === null || bytes <= fileSize) return;
  throw new InspectError(
    'corrupt',
    `${path}: its headers claim ${bytes} bytes of memory, but the file has ${fileSize}: they use the same parts of it several times`,
    { path },
  );
}

/** The parts of the extents that the file has, and the extents that it does not have in full. */
function heldOf(
  extents: Extents,
  { lost }: ByteSource,
  size: number | null,
): { held: Extents; cut: RangeCollector } {
  const cut = new RangeCollector();
  if (size === null) return { held: extents, cut };
  const file = { size, ...(lost ? { lost } : {}) };
  const held = new Extents();
  for (const { start, end, offset } of extents) {
    if (!lost && Number(offset) + (end - start) <= size) {
      held.add(start, end, offset);
      continue;
    }
    const parts = partsHeld(file, offset, BigInt(end - start));
    for (const part of parts) {
      const at = start + (part.start - Number(offset));
      held.add(at, at + (part.end - part.start), BigInt(part.start));
    }
    if (countOf(parts) < end - start) cut.add(start, end);
  }
  return { held: cut.length === 0 ? extents : held, cut };
}

/** The ranges of the list and of the others; the list itself if the others are empty. */
function withRanges(list: RangeList, others: readonly Iterable<Range>[]): RangeList {
  const all = new RangeCollector();
  for (const ranges of others) for (const { start, end } of ranges) all.add(start, end);
  if (all.length === 0) return list;
  for (const { start, end } of list) all.add(start, end);
  return all.union();
}
