import { RangeCollector, type RangeList } from '../../bytes/range-list.ts';
import type { Range } from '../../bytes/ranges.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { HoldingCode, type MemoryAmounts, type MissingByte, type PhysicalMemory } from './image.ts';

/** Memory of which a file holds a part, and another part is left out because it is all zero. */
export class ZeroFilledMemory implements PhysicalMemory {
  readonly #held: PhysicalMemory;
  readonly #zeros: RangeList;
  readonly #described: RangeList;

  /**
   * @param held what the file itself covers
   * @param zeros addresses that read as zero where the file does not hold them
   * @param known the part of `zeros` that is known to be memory, and is described as such
   */
  constructor(held: PhysicalMemory, zeros: RangeList, known: Iterable<Range> = []) {
    this.#held = held;
    this.#zeros = zeros;
    const all = new RangeCollector();
    for (const ranges of [held.described(), known]) for (const { start, end } of ranges) all.add(start, end);
    this.#described = all.union();
  }

  get amounts(): MemoryAmounts {
    return { ...this.#held.amounts, described: this.describedBytes };
  }

  get describedBytes(): number {
    return this.#described.total;
  }

  get pieces(): number {
    return this.#described.length;
  }

  get cutShort(): boolean {
    return this.#held.cutShort;
  }

  get shrunk(): boolean {
    return this.#held.shrunk === true;
  }

  get encoded(): boolean {
    return this.#held.encoded;
  }

  get stored(): Iterable<Range> {
    return this.#held.stored ?? this.#held.described();
  }

  described(start = 0, end = Number.POSITIVE_INFINITY): Iterable<Range> {
    return this.#described.clip(start, end);
  }

  survey(pfn: number, holdings: Uint8Array): void {
    this.#held.survey(pfn, holdings);
    for (const { start, end } of this.#zeros.clip(pfn * PAGE_SIZE, (pfn + holdings.length) * PAGE_SIZE)) {
      const last = Math.ceil(end / PAGE_SIZE) - pfn;
      for (let n = Math.floor(start / PAGE_SIZE) - pfn; n < last; n++) {
        const code = holdings[n];
        if (code === HoldingCode.hole || code === HoldingCode.notStored) holdings[n] = HoldingCode.zero;
      }
    }
  }

  read(address: number, into: Uint8Array): MissingByte | undefined {
    for (let done = 0; done < into.length; ) {
      const rest = into.subarray(done);
      const missing = this.#held.read(address + done, rest);
      if (!missing) return undefined;
      const zeros = this.#zerosAt(missing);
      if (zeros === 0) return missing;
      const before = missing.address - address - done;
      // What was read before the missing byte means nothing.
      const again = before > 0 ? this.#held.read(address + done, rest.subarray(0, before)) : undefined;
      if (again) return again;
      rest.fill(0, before, before + zeros);
      done += before + zeros;
    }
    return undefined;
  }

  readPadded(address: number, into: Uint8Array): MissingByte | undefined {
    return this.#held.readPadded(address, into);
  }

  /** How many bytes from a missing one on are zero; 0 if it is not one that was left out. */
  #zerosAt({ absence, address }: MissingByte): number {
    if (absence !== 'hole' && absence !== 'notStored') return 0;
    const [range] = this.#zeros.clip(address, Number.POSITIVE_INFINITY);
    return range?.start === address ? range.end - address : 0;
  }
}
