import { GrowingFloats } from '../../bytes/growing-floats.ts';
import { RangeCollector } from '../../bytes/range-list.ts';
import type { Range } from '../../bytes/ranges.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { required } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { usesIn } from '../attribution/attribution.ts';
import { useKeys } from '../attribution/use-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';

/** Memory that was reserved at boot. All figures are pages. */
export interface BootMemory {
  /** Of the kernel's image, without what was freed after boot (its init part). */
  readonly image: number;
  /** The struct pages: those reserved at boot, and those allocated later (for memory that was added). */
  readonly memmap: {
    readonly reserved: number;
    readonly other: number;
    /** Those of the others that lie in the added memory itself (memmap_on_memory, since 5.13). The page allocator never managed them. */
    readonly within: number;
  };
  /** Whether all of their struct pages could be read. If not, all these figures are least values. */
  readonly exact: boolean;
}

/** Looks at the struct pages of the image's pages, and at those of the struct pages themselves. @throws InspectError */
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
   * The struct pages that lie at the start of the added memory that they describe: such a section cannot have been used before. Those of
   * the sections that were added with it follow without a gap.
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

/** From _text to _end, which is contiguous in physical memory, too. */
export function imagePfns(typed: TypedKernel): Range {
  const start = typed.symbol('_text');
  const first = Math.floor(typed.space.translate(start) / PAGE_SIZE);
  return { start: first, end: first + Math.ceil(Number(typed.symbol('_end') - start) / PAGE_SIZE) };
}

/** Pages that hold struct pages, and the memory section that these describe. */
export interface MemmapPiece extends Range {
  readonly section: number;
}

/** The pages that hold the struct pages of the memory in the dump, as the page tables map the vmemmap: 2 MiB at a time. */
export function* memmapPieces({ kernel }: TypedKernel): Generator<MemmapPiece> {
  const structPages = new StructPages(kernel);
  const size = BigInt(required(kernel.info.size('page'), 'SIZE(page)', 'struct pages cannot be found'));
  for (const { start, end } of pfnRanges(kernel.image.memory.described())) {
    for (let pfn = start; pfn < end; ) {
      const next = Math.min(
        end,
        (Math.floor(pfn / structPages.pagesPerSection) + 1) * structPages.pagesPerSection,
      );
      const address = structPages.addressOf(pfn);
      if (address !== null) {
        for (const piece of mappedPfns(kernel.space, address, address + BigInt(next - pfn) * size)) {
          yield { ...piece, section: Math.floor(pfn / structPages.pagesPerSection) };
        }
      }
      pfn = next;
    }
  }
}

function* mappedPfns(space: TypedKernel['space'], start: bigint, end: bigint): Generator<Range> {
  for (let at = start; at < end; ) {
    const { virtual, physical, size } = space.mappingAt(at);
    const last = virtual + BigInt(size) < end ? virtual + BigInt(size) : end;
    const first = physical + Number(at - virtual);
    yield { start: Math.floor(first / PAGE_SIZE), end: Math.ceil((first + Number(last - at)) / PAGE_SIZE) };
    at = last;
  }
}
