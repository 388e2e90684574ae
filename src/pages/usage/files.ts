import { hex } from '../../bytes/hex.ts';
import { CacheMarks } from '../../kernel/objects/cache-marks.ts';
import { Files, type MemoryFile } from '../../kernel/objects/files.ts';
import type { TypedKernel } from '../../kernel/typed-kernel.ts';
import type { Attribution } from '../attribution.ts';
import type { Owned } from '../owner-table.ts';
import { counted, type PageCount } from './page-count.ts';
import type { Problems } from './problems.ts';

/** A file and the pages that the scan found of it. */
export interface FileUse {
  readonly address: bigint;
  readonly found: PageCount;
  /** Pages that the kernel has yet to write back; null where that cannot be read. */
  readonly dirty: number | null;
  /** Whether its pages are huge pages of hugetlbfs, which are not in the page cache's counters. */
  readonly huge: boolean;
  /** null where the pages point at something that is no file. */
  readonly file: MemoryFile | null;
}

/** The files with the most pages in memory. */
export interface FileUses {
  readonly files: readonly FileUse[];
  /** How many files have pages in memory: at least, where struct pages are lost or small ones were given up to save memory. */
  readonly count: number;
  readonly countExact: boolean;
  /** No file that is left out here has more pages than this; null where that cannot be told. */
  readonly leftOutUpTo: number | null;
}

/** Names the `top` largest files. @throws InspectError missingInfo, when this kernel's types do not tell how */
export function fileUses(
  typed: TypedKernel,
  attribution: Attribution,
  top: number,
  problems: Problems,
): FileUses {
  const { mappings, hugetlb, exact } = attribution;
  const largest = [
    ...mappings.largest(top + 1).map((owned) => ({ ...owned, huge: false })),
    ...hugetlb.largest(top + 1).map((owned) => ({ ...owned, huge: true })),
  ].sort((a, b) => b.pages - a.pages);
  const namer = new FileNamer(typed, problems);
  return {
    files: largest.slice(0, top).map((owned) => namer.name(owned, exact)),
    count: mappings.size + hugetlb.size,
    countExact: exact && mappings.dropped === 0 && hugetlb.dropped === 0,
    leftOutUpTo: exact ? Math.max(largest[top]?.pages ?? 0, mappings.droppedUpTo, hugetlb.droppedUpTo) : null,
  };
}

class FileNamer {
  readonly #files: Files;
  readonly #marks: CacheMarks;
  readonly #problems: Problems;

  constructor(typed: TypedKernel, problems: Problems) {
    this.#files = new Files(typed);
    this.#marks = new CacheMarks(typed);
    this.#problems = problems;
  }

  name({ address, pages, huge }: Owned & { readonly huge: boolean }, exact: boolean): FileUse {
    const what = `the file whose address_space is at ${hex(address)}`;
    const file = this.#problems.attempt(what, () => this.#files.ofMapping(address));
    if (file?.unnamed) this.#problems.note(`the name of ${what}`, file.unnamed);
    const dirty =
      file && !huge
        ? this.#problems.attempt(`dirty pages of ${what}`, () => this.#marks.dirtyPages(address))
        : null;
    return { address, found: counted(pages, exact), huge, file, dirty };
  }
}
