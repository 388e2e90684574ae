import { RangeList } from '../../bytes/range-list.ts';
import { mergeRanges, type Range } from '../../bytes/ranges.ts';
import type { PhysicalMemory } from '../../formats/image/image.ts';
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

/**
 * Finds pages that the page allocator has or had, by their struct pages. Holes between RAM and what was
 * reserved at boot, the crash kernel's memory among it, are marked as reserved; the pages of a balloon and
 * those that virtio-mem unplugged as offline; and sections that are not online are not used.
 */
export class UsedPages {
  readonly #structPages: StructPages;
  readonly #keys: PageKeys;
  /** PG_reserved; 0 where the kernel's text does not show which flag that is. */
  readonly #reserved: number;

  /** @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read */
  constructor(kernel: Kernel, zones: readonly Zone[]) {
    this.#structPages = new StructPages(kernel);
    this.#keys = { ...pageKeys(kernel.info), device: deviceTest(zones, kernel.info) };
    this.#reserved = this.#reservedFlag(kernel);
  }

  /** Whether pages can be told apart. */
  get areTold(): boolean {
    return this.#reserved !== 0;
  }

  /**
   * The used pages among these pfns, for one section after the other that has any.
   * @param each looks at each page; otherwise sections without any are told by a few of their pages
   */
  *in(holes: Iterable<Range>, each = false): Generator<RangeList> {
    if (!this.areTold) return;
    for (const hole of holes) {
      for (const section of this.#structPages.presentParts(hole)) {
        if (!this.#isOnline(section.start) || !(each || this.#anyUsed(section))) continue;
        const used = this.#usedIn(section);
        if (used.length > 0) yield used;
      }
    }
  }

  /**
   * Whether a page is known not to be used: its section is not online, or it was reserved at boot or is
   * offline. False for a page whose struct page was never written.
   */
  isUnused(pfn: number): boolean {
    if (!this.areTold) return false;
    if (!this.#isOnline(pfn)) return true;
    const { absent, unreadable } = this.#structPages.readRun(pfn, 1);
    if (absent) return true;
    return unreadable.length === 0 && this.#isWritten(0) && !this.#isUsed(0);
  }

  /**
   * The flag of the kernel's text: its pages are reserved and have no other flag. 0 where they do not look
   * so.
   */
  #reservedFlag(kernel: Kernel): number {
    const pfn = textPfn(kernel);
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

  #anyUsed({ start, end }: Range): boolean {
    for (let at = start; at < end; at = (Math.floor(at / STEP) + 1) * STEP) {
      const count = Math.min(PROBE, end - at);
      const { absent, unreadable } = this.#structPages.readRun(at, count);
      if (absent) continue;
      for (let n = 0; n < count; n++) if (this.#isUsedOrLost(at, n, unreadable)) return true;
    }
    return false;
  }

  #usedIn(range: Range): RangeList {
    const used = new RangeList();
    for (const { pfn, count } of runsOf([range])) {
      const { absent, unreadable } = this.#structPages.readRun(pfn, count);
      if (absent) continue;
      for (let n = 0; n < count; n++)
        if (this.#isUsedOrLost(pfn, n, unreadable)) used.add(pfn + n, pfn + n + 1);
    }
    return used;
  }

  /**
   * Pages whose struct pages are not in the dump count, too: struct pages of added memory may lie in it
   * (memmap_on_memory).
   */
  #isUsedOrLost(pfn: number, n: number, unreadable: readonly Gap[]): boolean {
    const gap =
      unreadable.length === 0
        ? undefined
        : unreadable.find((one) => pfn + n >= one.start && pfn + n < one.end);
    return gap ? gap.lost : this.#isUsed(n);
  }

  #isUsed(n: number): boolean {
    const { stride, flags } = this.#keys;
    const { words } = this.#structPages;
    const i = n * stride;
    if (!this.#isWritten(n) || ((words[i + flags] as number) & this.#reserved) !== 0) return false;
    return (factsOf(words, i, this.#keys) & (PageFact.device | PageFact.offline)) === 0;
  }

  /** Only a tail is mapped without a reference. What looks so was never written, or is not a struct page. */
  #isWritten(n: number): boolean {
    const { stride, type, refcount } = this.#keys;
    const { words } = this.#structPages;
    const i = n * stride;
    if (((words[i + type] as number) | (words[i + refcount] as number)) !== 0) return true;
    return (factsOf(words, i, this.#keys) & PageFact.tail) !== 0;
  }
}

/** The pfns that zones span and a memory does not describe. */
export function holesOf(memory: PhysicalMemory, zones: readonly Zone[]): RangeList {
  const spans = zones
    .filter(({ name }) => name !== 'Device')
    .map(({ startPfn, spannedPages }) => ({ start: startPfn, end: startPfn + spannedPages }));
  const holes = new RangeList();
  for (const { start, end } of mergeRanges(spans)) {
    let before = start;
    for (const held of pfnRanges(memory.described(start * PAGE_SIZE, end * PAGE_SIZE))) {
      if (held.start > before) holes.add(before, held.start);
      before = held.end;
    }
    if (before < end) holes.add(before, end);
  }
  return holes;
}
