import { hex } from '../../hex.ts';
import { CacheMarks } from '../../kernel/objects/cache-marks.ts';
import { Files, type MemoryFile } from '../../kernel/objects/files.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { Owned } from '../attribution/owner-table.ts';
import { counted, type PageCount } from './page-count.ts';
import type { Problems } from './problems.ts';

/** A file, and the pages that the walk found of it. */
export interface FileUse {
  readonly address: bigint;
  readonly found: PageCount;
  /** Pages that the kernel has yet to write back; null where that cannot be read. */
  readonly dirty: number | null;
  /** Whether its pages are huge pages of hugetlbfs, which are not in the page cache's counters. */
  readonly huge: boolean;
  /** null where the pages point at something that is not a file. */
  readonly file: MemoryFile | null;
  /** As the kernel counts them; null where struct pages contradict it. */
  readonly nrpages: number | null;
}

/** The files with the most pages in memory. */
export interface FileUses {
  readonly files: readonly FileUse[];
  /**
   * How many files have pages in memory. A least value where struct pages are lost, or small files were
   * dropped to save memory.
   */
  readonly count: number;
  readonly countExact: boolean;
  /** No file that is left out has more pages than this; null where that is not known. */
  readonly leftOutUpTo: number | null;
}

/**
 * Files that are named, however many are asked for: a machine may have a million in memory, and the name of each
 * takes up to a KiB here.
 */
const MOST_NAMED = 100_000;
/**
 * A folio names its mapping before it is counted (__filemap_add_folio). For all but a few files it has at
 * most 2 MiB.
 */
const ADDED = 512;
/**
 * Folios lose their mapping before they are subtracted from the count, up to a batch at a time
 * (delete_from_page_cache_batch).
 */
const REMOVED = 31;

/**
 * Names the `top` largest files, but no more than 100,000.
 * @throws InspectError missingInfo, when this kernel's types lack what is needed
 */
export function fileUses(
  typed: TypedKernel,
  attribution: Attribution,
  top: number,
  problems: Problems,
): FileUses {
  const { mappings, hugetlb, exact } = attribution;
  const named = Math.min(top, MOST_NAMED);
  const largest = [
    ...mappings.largest(named + 1).map((owned) => ({ ...owned, huge: false })),
    ...hugetlb.largest(named + 1).map((owned) => ({ ...owned, huge: true })),
  ].sort((a, b) => b.pages - a.pages);
  const namer = new FileNamer(typed, problems);
  return {
    files: largest.slice(0, named).map((owned) => namer.name(owned, exact)),
    count: mappings.size + hugetlb.size,
    countExact: exact && mappings.dropped === 0 && hugetlb.dropped === 0,
    leftOutUpTo: exact
      ? Math.max(largest[named]?.pages ?? 0, mappings.droppedUpTo, hugetlb.droppedUpTo)
      : null,
  };
}

class FileNamer {
  readonly #files: Files;
  readonly #marks: CacheMarks;
  readonly #problems: Problems;
  readonly #live: boolean;

  constructor(typed: TypedKernel, problems: Problems) {
    this.#files = new Files(typed);
    this.#marks = new CacheMarks(typed);
    this.#problems = problems;
    this.#live = typed.space.live;
  }

  name({ address, pages, huge }: Owned & { readonly huge: boolean }, exact: boolean): FileUse {
    const what = `the file whose address_space is at ${hex(address)}`;
    const file = this.#problems.attempt(what, () => this.#files.ofMapping(address));
    if (file?.unnamed) this.#problems.note(`the name of ${what}`, file.unnamed);
    const dirty =
      file && !huge
        ? this.#problems.attempt(`dirty pages of ${what}`, () => this.#marks.dirtyPages(address))
        : null;
    const nrpages = file && (huge || !exact || this.#isCounted(what, file, pages)) ? file.nrpages : null;
    return { address, found: counted(pages, exact), huge, file, dirty, nrpages };
  }

  /**
   * Whether nrpages agrees with what was found, except for pages on their way in or out. In a running kernel
   * it moves.
   */
  #isCounted(what: string, { nrpages, dax }: MemoryFile, pages: number): boolean {
    if (dax || this.#live || (pages - nrpages <= ADDED && nrpages - pages <= REMOVED)) return true;
    this.#problems.wrong(`${what} has ${nrpages} pages by nrpages, but ${pages} by the struct pages`);
    return false;
  }
}
