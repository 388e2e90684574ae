import { GrowingFloats } from '../../bytes/growing-floats.ts';
import { RangeCollector } from '../../bytes/range-list.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { usesIn } from '../attribution/attribution.ts';
import { useKeys } from '../attribution/choose-keys.ts';
import { imagePfns } from '../struct-pages/kernel-image.ts';
import { type MemmapPiece, memmapPieces } from '../struct-pages/memmap.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';

/** Memory that was reserved at boot. All figures are pages. */
export interface BootMemory {
  /** Of the kernel's image, without what was freed after boot (its init part). */
  readonly image: number;
  /** The struct pages: those reserved at boot, and those allocated later (for memory that was added). */
  readonly memmap: {
    readonly reserved: number;
    readonly other: number;
    /**
     * Those of the others that lie in the added memory itself (memmap_on_memory, since 5.13). The page
     * allocator never managed them.
     */
    readonly within: number;
  };
  /** Whether all of their struct pages could be read. If not, all these figures are least values. */
  readonly exact: boolean;
}

/**
 * Looks at the struct pages of the image's pages, and at those of the struct pages themselves.
 * @throws InspectError
 */
export function bootMemory(typed: TypedKernel): BootMemory {
  const keys = useKeys(typed);
  const image = usesIn(typed, [imagePfns(typed)], keys);
  const pieces = new Pieces(memmapPieces(typed));
  const memmap = usesIn(typed, pieces.all.union(), keys);
  const within = usesIn(typed, pieces.within(new StructPages(typed.kernel).pagesPerSection).union(), keys);
  return {
    image: image.uses.reserved,
    memmap: { reserved: memmap.uses.reserved, other: memmap.uses.kernel, within: within.uses.kernel },
    exact: image.exact && memmap.exact,
  };
}

/** Where struct pages lie, 24 bytes per piece: there may be a million pieces. */
class Pieces {
  readonly all = new RangeCollector();
  readonly #starts = new GrowingFloats();
  readonly #ends = new GrowingFloats();
  readonly #sections = new GrowingFloats();

  constructor(pieces: Iterable<MemmapPiece>) {
    for (const { start, end, section } of pieces) {
      this.all.add(start, end);
      this.#starts.push(start);
      this.#ends.push(end);
      this.#sections.push(section);
    }
  }

  /**
   * The struct pages that lie at the start of the added memory that they describe: such a section cannot have
   * been used before. Those of the sections that were added with it follow without a gap.
   */
  within(pagesPerSection: number): RangeCollector {
    const found = new RangeCollector();
    const starts = this.#starts;
    const order = Uint32Array.from({ length: starts.length }, (_, index) => index);
    let last = -1;
    for (const index of order.sort((a, b) => starts.at(a) - starts.at(b))) {
      const [start, end] = [starts.at(index), this.#ends.at(index)];
      if (start !== last && start !== this.#sections.at(index) * pagesPerSection) continue;
      found.add(start, end);
      last = end;
    }
    return found;
  }
}
