import { RangeCollector, RangeList } from '../../bytes/range-list.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel, LeftOut } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { holesOf, UsedPages } from '../absent/used-pages.ts';
import type { Zone } from '../zones/zones.ts';

/** How many ranges are listed. */
const TOLD = 4;

/** Memory that the page allocator has and that no segment of the dump covers. */
export interface MissingMemory {
  /** At least so many pages: those reserved at boot look like holes and like the crash kernel's memory. */
  readonly pages: number;
  /** The same in words. */
  readonly sentence: string;
  /** Physical addresses, bytes: in each hole of the dump from the first such page to the last. */
  readonly ranges: RangeList;
  /** Present if these pages are all zero, or no memory that was saved: only ZERO and the total lack them. */
  readonly areZero?: true;
}

/**
 * Looks for memory that the kernel uses and that the dump does not describe: memory added after `kexec -p` is
 * in no segment of the vmcore, and a LiME image does not tell which ranges it lacks. The crash kernel's own
 * memory, which no vmcore has, was reserved at boot, as holes between RAM are. null where there is no such
 * memory, where that is not known, and for a running machine.
 */
export function missingMemory(kernel: Kernel, zones: readonly Zone[]): MissingMemory | null {
  if (kernel.image.live) return null;
  if (kernel.leftOut) return unclear(kernel.leftOut);
  try {
    return search(kernel, zones);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return null;
    throw error;
  }
}

/** Of memory that was left out as zero it may not be known whether there is more of it. */
function unclear({ unclear }: LeftOut): MissingMemory | null {
  if (unclear === null) return null;
  const { pages, why: sentence, areZero } = unclear;
  return { pages, sentence, ranges: new RangeList(), ...(areZero ? { areZero } : {}) };
}

function search(kernel: Kernel, zones: readonly Zone[]): MissingMemory | null {
  const holes = holesOf(kernel.image.memory, zones);
  if (holes.length === 0) return null;
  const found = new RangeCollector();
  let pages = 0;
  for (const used of new UsedPages(kernel, zones).in(holes)) {
    const [first] = used;
    pages += used.total;
    if (first) found.add(first.start * PAGE_SIZE, used.end * PAGE_SIZE);
  }
  if (pages === 0) return null;
  const ranges = found.union();
  return { pages, ranges, sentence: inWords(pages, ranges) };
}

function inWords(pages: number, ranges: RangeList): string {
  const told: string[] = [];
  for (const { start, end } of ranges) {
    if (told.length >= TOLD) break;
    told.push(`${hex(start)} - ${hex(end)}`);
  }
  const more = ranges.length > TOLD ? ` and ${ranges.length - TOLD} more` : '';
  return `at least ${pages} pages that the kernel uses are in no segment of the dump: physical ${told.join(', ')}${more}`;
}
