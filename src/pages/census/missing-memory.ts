import { RangeCollector, RangeList } from '../../bytes/range-list.ts';
import { mergeRanges, type Range } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { textPfn } from '../struct-pages/kernel-image.ts';
import { factsOf, PageFact } from '../struct-pages/page-facts.ts';
import { type PageKeys, pageKeys } from '../struct-pages/page-keys.ts';
import { pfnRanges } from '../struct-pages/pfn-ranges.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { type Gap, StructPages } from '../struct-pages/struct-pages.ts';
import type { Zone } from '../zones/zones.ts';

/**
 * Of every 2 MiB that the dump lacks a few struct pages are read, because memory is added in whole sections.
 */
const STEP = 512;
const PROBE = 16;
/** Pages of the kernel's text that tell which flag is PG_reserved. */
const TEXT_PAGES = 16;
/** The flags proper. The bits above them are numbers, such as that of the zone. */
const FLAGS = 0x3ff_ffff;
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
}

/**
 * Looks for memory that the kernel uses and that the dump does not describe: memory added after `kexec -p` is
 * in no segment of the vmcore. The crash kernel's own memory, which no such dump has, was reserved at boot,
 * as holes between RAM are. Pages of a balloon and those that virtio-mem unplugged are marked as offline, and
 * sections that are not online are not used. null where there is no such memory, where that is not known, for
 * a running machine, and for formats that do not say where they end (see missingEnd).
 */
export function missingMemory(kernel: Kernel, zones: readonly Zone[]): MissingMemory | null {
  const { image } = kernel;
  if (image.live || image.openEnded) return null;
  try {
    return new Search(kernel, zones).found();
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return null;
    throw error;
  }
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

class Search {
  readonly #kernel: Kernel;
  readonly #structPages: StructPages;
  readonly #keys: PageKeys;
  readonly #holes: RangeList;

  constructor(kernel: Kernel, zones: readonly Zone[]) {
    this.#kernel = kernel;
    this.#structPages = new StructPages(kernel);
    this.#keys = { ...pageKeys(kernel.info), device: deviceTest(zones, kernel.info) };
    this.#holes = holesOf(kernel, zones);
  }

  found(): MissingMemory | null {
    const reserved = this.#holes.length === 0 ? 0 : this.#reservedFlag();
    if (reserved === 0) return null;
    const found = new RangeCollector();
    let pages = 0;
    for (const hole of this.#holes) {
      for (const section of this.#structPages.presentParts(hole)) {
        if (!this.#isOnline(section.start) || !this.#anyUsed(section, reserved)) continue;
        const used = this.#usedIn(section, reserved);
        pages += used.pages;
        found.add(used.start * PAGE_SIZE, used.end * PAGE_SIZE);
      }
    }
    if (pages === 0) return null;
    const ranges = found.union();
    return { pages, ranges, sentence: inWords(pages, ranges) };
  }

  /**
   * The flag of the kernel's text: its pages are reserved and have no other flag. 0 where they do not look
   * so.
   */
  #reservedFlag(): number {
    const pfn = textPfn(this.#kernel);
    if (pfn === undefined) return 0;
    if (this.#structPages.readRun(pfn, TEXT_PAGES).unreadable.length > 0) return 0;
    const { stride, flags } = this.#keys;
    const all = Array.from(
      { length: TEXT_PAGES },
      (_, n) => (this.#structPages.words[n * stride + flags] as number) & FLAGS,
    );
    return all.find((one) => one !== 0 && (one & (one - 1)) === 0) ?? 0;
  }

  #isOnline(pfn: number): boolean {
    return this.#structPages.addressOf(pfn) !== null && !this.#structPages.isOffline(pfn);
  }

  #anyUsed({ start, end }: Range, reserved: number): boolean {
    for (let at = start; at < end; at = (Math.floor(at / STEP) + 1) * STEP) {
      const count = Math.min(PROBE, end - at);
      const { absent, unreadable } = this.#structPages.readRun(at, count);
      if (absent) continue;
      for (let n = 0; n < count; n++) if (this.#isUsedOrLost(at, n, unreadable, reserved)) return true;
    }
    return false;
  }

  /** How many pages are used, and the range from the first to past the last of them. */
  #usedIn(range: Range, reserved: number): Range & { readonly pages: number } {
    let [pages, first, end] = [0, range.end, range.start];
    for (const { pfn, count } of runsOf([range])) {
      const { absent, unreadable } = this.#structPages.readRun(pfn, count);
      if (absent) continue;
      for (let n = 0; n < count; n++) {
        if (!this.#isUsedOrLost(pfn, n, unreadable, reserved)) continue;
        pages++;
        first = Math.min(first, pfn + n);
        end = pfn + n + 1;
      }
    }
    return { pages, start: first, end };
  }

  /**
   * Pages whose struct pages are not in the dump count, too: struct pages of added memory may lie in it
   * (memmap_on_memory).
   */
  #isUsedOrLost(pfn: number, n: number, unreadable: readonly Gap[], reserved: number): boolean {
    const gap =
      unreadable.length === 0
        ? undefined
        : unreadable.find((one) => pfn + n >= one.start && pfn + n < one.end);
    return gap ? gap.lost : this.#isUsed(n, reserved);
  }

  #isUsed(n: number, reserved: number): boolean {
    const { stride, flags, type, refcount } = this.#keys;
    const { words } = this.#structPages;
    const i = n * stride;
    const facts = factsOf(words, i, this.#keys);
    const isTail = (facts & PageFact.tail) !== 0;
    // Only a tail is mapped without a reference. What looks so was never written, or is not a struct page.
    if (!isTail && ((words[i + type] as number) | (words[i + refcount] as number)) === 0) return false;
    if (((words[i + flags] as number) & reserved) !== 0) return false;
    return (facts & (PageFact.device | PageFact.offline)) === 0;
  }
}

/** The pfns that zones span and the dump does not describe. */
function holesOf({ image }: Kernel, zones: readonly Zone[]): RangeList {
  const spans = zones
    .filter(({ name }) => name !== 'Device')
    .map(({ startPfn, spannedPages }) => ({ start: startPfn, end: startPfn + spannedPages }));
  const holes = new RangeList();
  for (const { start, end } of mergeRanges(spans)) {
    let before = start;
    for (const held of pfnRanges(image.memory.described(start * PAGE_SIZE, end * PAGE_SIZE))) {
      if (held.start > before) holes.add(before, held.start);
      before = held.end;
    }
    if (before < end) holes.add(before, end);
  }
  return holes;
}
