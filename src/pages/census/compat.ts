import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { type ClassCounts, noPages } from '../classify/page-class.ts';
import { decide, FIRST_EXCLUDING, pagesDecided, RULES, Rule } from '../classify/rules.ts';
import { ZeroPages } from '../classify/zero-pages.ts';
import { type PageKeys, pageKeys } from '../struct-pages/page-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { requireTrustedMemory } from '../struct-pages/trust.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { missingMemory } from './missing-memory.ts';
import { missingEnd } from './open-end.ts';

/** The figures of `makedumpfile --mem-usage`, 1.7.9. All are pages. */
export interface CompatCensus {
  /** "Original pages": those of every segment, so pages in two segments count twice. */
  readonly total: number;
  /** kernelData is what is left of the total: "Remaining pages", as inflated as the total. */
  readonly counts: ClassCounts;
}

/**
 * Counts as makedumpfile 1.7.9 does, where that differs from counting each page once:
 * - the head of a block or compound adds all of its pages to its row, even those in holes and those that were
 *   counted before;
 * - the pages after a head are skipped only up to the end of its section, so what looks like a head after
 *   that (a fake head of an optimised hugetlb page) adds its pages again;
 * - the kernel image, which is in two segments, is in the total twice.
 */
class CompatScan {
  readonly counts: ClassCounts = noPages();
  readonly #keys: PageKeys;
  readonly #structPages: StructPages;
  readonly #zeroPages: ZeroPages;
  /** Pages below this pfn are excluded, whatever they look like. */
  #clearedUntil = 0;
  /** Pages below this pfn are skipped. */
  #skipUntil = 0;

  constructor(kernel: Kernel) {
    this.#keys = pageKeys(kernel.info, true);
    this.#structPages = new StructPages(kernel, true);
    this.#zeroPages = new ZeroPages(kernel.image.memory);
  }

  run(pfn: number, count: number): void {
    const read = this.#structPages.readRun(pfn, count);
    if (read.absent) {
      this.#zeroPages.count(pfn, pfn + count);
      return;
    }
    if (read.unreadable.length > 0) throw incomplete(`struct pages from pfn ${read.unreadable[0]?.start} on`);
    if (pfn % this.#structPages.pagesPerSection === 0) this.#skipUntil = pfn;
    for (let at = pfn; at < pfn + count; ) at = this.#page(at, at - pfn);
  }

  /** Looks at one page. Returns the next one to look at. */
  #page(pfn: number, n: number): number {
    if (pfn < this.#skipUntil) return pfn + 1;
    const i = n * this.#keys.stride;
    const rule = decide(this.#structPages.words, i, this.#keys);
    // makedumpfile does not check whether a struct page was ever written.
    if (rule < FIRST_EXCLUDING || rule === Rule.uninitialized) {
      if (pfn >= this.#clearedUntil) this.#zeroPages.count(pfn, pfn + 1);
      return pfn + 1;
    }
    this.#leaveOut(pfn, rule, pagesDecided(this.#structPages.words, i, pfn, rule, this.#keys));
    return pfn + 1;
  }

  #leaveOut(pfn: number, rule: Rule, pages: number): void {
    const row = RULES[rule]?.class;
    if (row) this.counts[row] += pages;
    const sectionEnd =
      (Math.floor(pfn / this.#structPages.pagesPerSection) + 1) * this.#structPages.pagesPerSection;
    this.#skipUntil = Math.min(pfn + pages, sectionEnd);
    this.#clearedUntil = Math.max(this.#clearedUntil, pfn + pages);
  }

  summary(total: number): CompatCensus {
    const contents = this.#zeroPages.counts;
    const counts = { ...this.counts, zero: contents.zero };
    counts.kernelData = total - Object.values(counts).reduce((sum, n) => sum + n, 0);
    // What a filter excluded is in no row, so it is among the remaining pages.
    const lost = contents.absent - (contents.absences.get('notStored') ?? 0);
    if (lost > 0) throw incomplete(`the contents of ${lost} pages`);
    return { total, counts };
  }
}

/** makedumpfile stops where it cannot read, so there are no figures to be compatible with. */
function incomplete(what: string): InspectError {
  return new InspectError(
    'notStored',
    `--compat makedumpfile needs a whole dump, and this one lacks ${what}`,
    {
      hint: 'without --compat the report says what is known and what is not',
    },
  );
}

/**
 * Counts every page the way makedumpfile does.
 * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read; notStored, when a
 * page cannot
 */
export function takeCompatCensus(kernel: Kernel, onProgress: OnProgress = () => {}): CompatCensus {
  if (kernel.image.memory.cutShort) throw incomplete('what the end of the file should hold');
  const end = missingEnd(kernel);
  if (end !== null) throw incomplete(`its end: ${end}`);
  requireTrustedMemory(kernel);
  const missing = kernel.image.openEnded ? missingMemory(kernel, zonesOrNone(kernel)) : null;
  if (missing) throw incomplete(`memory: ${missing.sentence}`);
  const scan = new CompatScan(kernel);
  const { originalPages, looked } = kernel.image.makedumpfile;
  let done = 0;
  for (const { pfn, count } of runsOf(pfnRanges(looked()))) {
    scan.run(pfn, count);
    done += count;
    onProgress(done, originalPages);
  }
  return scan.summary(originalPages);
}
