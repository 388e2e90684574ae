import type { Range } from '../../bytes/ranges.ts';
import { HOLE_END } from '../../formats/image/hole.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { Kernel } from '../open/kernel.ts';
import { type MemSections, openMemSections } from '../sparsemem/mem-section.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';
import { linksInMemory } from './links-in-memory.ts';
import { type Link, linkAt } from './list-links.ts';

/** How many links above the hole prove where it ends: each is a 64-bit address at its own place. */
const ENOUGH = 4;
/** How many struct pages are looked at, evenly over the sections. */
const SAMPLES = 512;
/** Free blocks are on a list with their first page, and the largest have this many pages (MAX_ORDER). */
const BLOCK = 1024;

/** What a kernel's own tables say about a hole, or about a file that has all addresses. */
export type HoleVerdict =
  /** Memory above 4 GiB reads as it should only this way. */
  | 'proved'
  /** The kernel has no memory above 4 GiB, so no hole changes what is read. */
  | 'irrelevant'
  /** The kernel has memory where the hole would be. */
  | 'refuted'
  | 'unproved';

/**
 * The verdict of a kernel that was opened with memory placed around a hole, or with none. The sections say where
 * RAM is, to 128 MiB; that is arithmetic. The proof is content: struct pages, the heads of free lists and
 * other members of lists that lie above 4 GiB are linked by their own virtual addresses, so they hold together
 * only if every one of them is read from its true place in the file.
 * @throws InspectError as openMemSections, or without OFFSET(page.lru)
 */
export function verdictOn(kernel: Kernel, hole: Range | undefined): HoleVerdict {
  const sections = openMemSections(kernel);
  const present = [...presentSections(sections)];
  const bytes = sections.pagesPerSection * PAGE_SIZE;
  if (hole && present.some((n) => n * bytes >= hole.start && (n + 1) * bytes <= hole.end)) return 'refuted';
  if (present.every((n) => n * bytes < HOLE_END)) return 'irrelevant';
  const from = hole?.end ?? HOLE_END;
  const isProved = [linksOfPages(kernel, sections, present), linksInMemory(kernel, from)].some(
    (links) => countAbove(links, from) >= ENOUGH,
  );
  return isProved ? 'proved' : 'unproved';
}

/** How many links hold of which a part lies at or above a physical address, up to ENOUGH. */
function countAbove(links: Iterable<Link>, from: number): number {
  let found = 0;
  for (const { at, next } of links) if ((at >= from || next >= from) && ++found >= ENOUGH) break;
  return found;
}

/** Sections whose memory the page allocator was given at boot or later; device memory may lie anywhere. */
function* presentSections(sections: MemSections): Generator<number> {
  for (const section of sections.present(0, Infinity)) if (!sections.isOffline(section)) yield section;
}

/** The links of struct pages: on free and LRU lists, or as the kernel made them. */
function* linksOfPages(kernel: Kernel, sections: MemSections, present: readonly number[]): Generator<Link> {
  const lru = BigInt(required(kernel.info.offset('page.lru'), 'OFFSET(page.lru)', 'no hole can be proved'));
  for (const pfn of samplePfns(sections, present)) {
    const page = sections.structPageOf(pfn);
    const link = page === null ? undefined : linkAt(kernel.space, page + lru);
    if (link) yield link;
  }
}

/** First pages of blocks, from the highest section down, because the kernel allocates its tables up there. */
function* samplePfns({ pagesPerSection }: MemSections, present: readonly number[]): Generator<number> {
  const blocks = pagesPerSection / BLOCK;
  const step = Math.max(1, Math.ceil((present.length * blocks) / SAMPLES));
  for (let n = present.length * blocks - 1; n >= 0; n -= step) {
    const section = present[Math.floor(n / blocks)] as number;
    yield section * pagesPerSection + (n % blocks) * BLOCK;
  }
}
