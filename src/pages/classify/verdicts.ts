import { isDevicePage } from '../struct-pages/device-pages.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';
import { type Gap, RUN_PAGES, type StructPages } from '../struct-pages/struct-pages.ts';
import { type Cover, classifyPart, NO_COMPOUND, noCover, type OnFree } from './classify-run.ts';
import { Doubt } from './doubt.ts';
import { looksPoisoned } from './plain-flags.ts';
import { Rule } from './rules.ts';
import { Stretches } from './stretches.ts';

/**
 * Behind a block of so many pages another such block is likely, so where each page must be decoded only the begin of what
 * follows is read: if it is the head of one, all the rest is passed over. Of a plain file a read costs as much as copying
 * 64 KiB, the struct pages of the largest free block (measured: 4 us), so the run is read in one go.
 */
const LARGE_BLOCK = 512;
/** Struct pages of that begin: one page of the vmemmap. */
const PROBE_PAGES = 64;
/** Why the class of pages is unknown whose own struct page can be read. */
const HEAD_UNREAD = 'they may belong to free blocks or compounds whose struct pages are not in the dump';

/**
 * Reads struct pages run by run and says which rule decides each page; runs must come in ascending order. Struct pages
 * inside a block whose head has spoken are not read where that saves more than it costs.
 */
export class Verdicts {
  /** The last block or compound whose head spoke for the pages behind it. */
  cover: Cover = noCover();
  /** Why struct pages could not be read, and of how many pages. */
  readonly failures = new Map<string, number>();
  /** Whether some page seems to have a memory error that the keys do not tell. */
  looksPoisoned = false;
  readonly #structPages: StructPages;
  readonly #keys: PageKeys;
  readonly #onFree: OnFree;
  readonly #stretches = new Stretches(RUN_PAGES);
  readonly #settled = new Stretches(RUN_PAGES);
  /** The pfns behind struct pages of this run that the dump lacks. */
  readonly #lostUntil: number[] = [];
  #doubt: Doubt;
  #strays = 0;
  /** The first pfn past the run before. */
  #next = -1;

  constructor(structPages: StructPages, keys: PageKeys, onFree: OnFree = () => {}) {
    this.#structPages = structPages;
    this.#keys = keys;
    this.#onFree = onFree;
    this.#doubt = new Doubt(keys.buddyOrders);
  }

  /** Forgets the last block: what comes next lies where it cannot reach. */
  restart(): void {
    this.#strays += this.cover.strays;
    this.cover = noCover();
    this.#doubt = new Doubt(this.#keys.buddyOrders);
  }

  /** Pages whose struct page no page can have, or contradicts that of their compound's head. */
  get strays(): number {
    return this.#strays + this.cover.strays;
  }

  /** The rules of `count` pages of one section from `pfn` on; overwritten by the next call. */
  of(pfn: number, count: number): Stretches {
    const stretches = this.#stretches;
    stretches.clear();
    this.#lostUntil.length = 0;
    // Of memory that the dump lacks the struct pages are not looked at here.
    if (pfn !== this.#next) this.cover.compound = NO_COMPOUND;
    this.#next = pfn + count;
    for (let at = 0; at < count; at = stretches.pages) {
      const { head, until, rule } = this.cover;
      if (pfn + at < until) {
        stretches.add(rule, Math.min(count, until - pfn));
        continue;
      }
      const behindLarge = this.#structPages.encoded && pfn + at === until && until - head >= LARGE_BLOCK;
      this.#read(pfn, at, behindLarge ? Math.min(count, at + PROBE_PAGES) : count);
    }
    return this.#lostUntil.length > 0 || this.#doubt.isActive ? this.#settle(pfn) : stretches;
  }

  /** Reads and classifies the pages from `start` to `end` of the run that begins at `pfn`. */
  #read(pfn: number, start: number, end: number): void {
    if (this.#structPages.isOffline(pfn + start)) {
      this.#readOffline(pfn, start, end);
      return;
    }
    const { absent, unreadable } = this.#structPages.readRun(pfn + start, end - start);
    if (absent) {
      this.#stretches.add(Rule.noStructPage, end);
      return;
    }
    let at = start;
    for (const gap of unreadable) {
      if (gap.start > pfn + at) this.#classify(pfn, start, at, gap.start - pfn);
      at = gap.end - pfn;
      this.#skip(pfn, gap);
    }
    if (at < end) this.#classify(pfn, start, at, end);
  }

  /** Pages of a section that is not online: their struct pages may be garbage, but for those of a device. */
  #readOffline(pfn: number, start: number, end: number): void {
    if (this.#keys.device.mask !== 0) {
      this.#structPages.readRun(pfn + start, end - start);
      const { words } = this.#structPages;
      for (let n = start; n < end; n++) {
        const isDevice = isDevicePage(words, (n - start) * this.#keys.stride, this.#keys);
        this.#stretches.add(isDevice ? Rule.zoneDevice : Rule.offlineSection, n + 1);
      }
      return;
    }
    this.#stretches.add(Rule.offlineSection, end);
  }

  /** Classifies [from, to) of the run that begins at `pfn`, whose struct pages were read from `start` on. */
  #classify(pfn: number, start: number, from: number, to: number): void {
    const { words } = this.#structPages;
    const word = (from - start) * this.#keys.stride;
    const part = { words, word, pfn, start: from, end: to };
    classifyPart(part, this.#keys, this.cover, this.#stretches, this.#onFree);
    this.looksPoisoned ||= looksPoisoned(part, this.#stretches, this.#keys);
  }

  /** The pages up to the end of a gap have no struct page that can be read; for some a head may have spoken. */
  #skip(pfn: number, { end: until, reason, lost }: Gap): void {
    this.cover.compound = NO_COMPOUND;
    const end = until - pfn;
    const covered = Math.min(end, this.cover.until - pfn);
    if (covered > this.#stretches.pages) this.#stretches.add(this.cover.rule, covered);
    const pages = end - this.#stretches.pages;
    if (pages === 0) return;
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + pages);
    this.#stretches.add(Rule.unreadable, end);
    if (lost) this.#lostUntil.push(until);
  }

  /** The same verdicts, but for pages whose head may be among those that the dump lacks. */
  #settle(pfn: number): Stretches {
    const { rules, ends, length } = this.#stretches;
    this.#settled.clear();
    for (let k = 0, start = 0; k < length; k++) {
      const rule = rules[k] as Rule;
      const end = ends[k] as number;
      if (rule === Rule.unreadable) this.#noteLost(pfn + start, pfn + end);
      else this.#takeBack(start, this.#doubt.until(rule, pfn + start, pfn + end) - pfn);
      if (this.#settled.pages < end) this.#settled.add(rule, end);
      start = end;
    }
    return this.#settled;
  }

  #noteLost(start: number, end: number): void {
    for (const until of this.#lostUntil) {
      if (until > start && until <= end) this.#doubt.missed(until);
    }
  }

  #takeBack(start: number, end: number): void {
    if (end <= start) return;
    this.failures.set(HEAD_UNREAD, (this.failures.get(HEAD_UNREAD) ?? 0) + end - start);
    this.#settled.add(Rule.headUnread, end);
  }
}
