import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { openMemSections } from '../../kernel/sparsemem/mem-section.ts';
import { required } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import type { PageExplanation } from '../explain/explain.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';

/** The largest compound has 2^18 pages: 1 GiB. */
const MOST_PAGES = 1 << 18;
/** From here on the value is a mask, and not the address of a struct page. */
const FIRST_MASK = 0xffff_ffff_0000_0000n;

/** The pfn of the compound or free block that a page is part of; its own where it stands alone. */
export function headOf(kernel: Kernel, page: PageExplanation): number {
  if (page.decidedBy !== null) return page.decidedBy;
  const struct = page.structPage;
  if (!struct || struct.compound === null || (struct.compound & 1n) === 0n) return page.pfn;
  const head = openMemSections(kernel).pfnOf(headAddress(struct.address, struct.compound - 1n));
  return head !== null && head <= page.pfn && page.pfn - head < MOST_PAGES ? head : page.pfn;
}

/**
 * A tail holds its head's address. Since 7.1 (d50569612c29), where the size of struct pages is a power of
 * two, it holds the mask that makes the head's address of its own.
 */
function headAddress(tail: bigint, info: bigint): bigint {
  return info >= FIRST_MASK ? tail & info : info;
}

/**
 * The words of a page's struct page and of the one after it, which a head needs; undefined where there is
 * none.
 * @throws InspectError notMapped, notStored, corrupt or io, when it cannot be read
 */
export function wordsOf(kernel: Kernel, pfn: number): Int32Array | undefined {
  const structPages = new StructPages(kernel);
  const { absent, unreadable } = structPages.readRun(pfn, 1);
  if (absent) return undefined;
  const [gap] = unreadable;
  if (!gap) return structPages.words;
  const address = structPages.addressOf(pfn);
  // A run gives the reason only in words. Reading the memory gives the kind of error.
  if (address !== null)
    kernel.space.bytes(address, required(kernel.info.size('page'), 'SIZE(page)', 'its head cannot be found'));
  throw new InspectError('corrupt', gap.reason);
}
