import type { Range } from '../../bytes/ranges.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { required } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { pfnRanges } from './pfn-ranges.ts';
import { StructPages } from './struct-pages.ts';

/** Pages that hold struct pages, and the memory section that these describe. */
export interface MemmapPiece extends Range {
  readonly section: number;
}

/**
 * The pages that hold the struct pages of the memory in the dump, as the page tables map the vmemmap: 2 MiB
 * at a time.
 */
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
