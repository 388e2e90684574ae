import { isDevicePage } from '../struct-pages/device-pages.ts';
import {
  factsOf,
  MAY_LEAD,
  markDevices,
  PageFact,
  type PageFacts,
  tellFacts,
} from '../struct-pages/page-facts.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';
import type { Gap, StructPages } from '../struct-pages/struct-pages.ts';
import { Evidence, type Judge, Unasked } from './judge.ts';
import { LostHeads } from './lost-heads.ts';
import { Strays } from './strays.ts';

/** Pages whose facts are told at once. */
const AT_ONCE = 256;
const facts = new Uint16Array(AT_ONCE);

/**
 * After a block of so many pages another one is likely. Where struct pages must be decoded, only the first
 * ones of what follows are read: if they begin such a block, the others need not be. Of a plain file a read
 * costs as much as copying 64 KiB, the struct pages of the largest free block (measured: 4 us), so there the
 * run is read in one go.
 */
const LARGE_BLOCK = 512;
/** Struct pages that are read to see whether another block begins: one page of the vmemmap. */
const PROBE_PAGES = 64;

/** Why it is not known what pages are whose own struct page can be read. */
const HEAD_UNREAD = 'they may belong to free blocks or compounds whose struct pages are not in the dump';

/** What the walk needs of StructPages. */
export type ReadsStructPages = Pick<StructPages, 'words' | 'encoded' | 'isOffline' | 'readRun'>;

/** The block that the last head speaks for. */
interface Cover {
  /** The pfn of the head. */
  head: number;
  /** The first pfn past the block. */
  until: number;
}

/**
 * Goes through the struct pages of memory, run by run and in ascending order, and has a judge say what each
 * page is. A page in a block for which the head speaks is not looked at, even past the end of a run, a
 * section or a hole. So a fake head of an optimised hugetlb page (5.18 to 7.0) is never mistaken for a head.
 * Struct pages inside such a block are not even read where that saves time.
 */
export class Walk<J extends Judge = Judge> {
  readonly judge: J;
  /** Why it is not known what pages are, and of how many pages. */
  readonly failures = new Map<string, number>();
  readonly #structPages: ReadsStructPages;
  readonly #keys: PageKeys;
  readonly #strays: Strays;
  readonly #lostHeads: LostHeads;
  readonly #cover: Cover = { head: 0, until: 0 };
  /** The first pfn past the last run. */
  #next = -1;

  constructor(structPages: ReadsStructPages, keys: PageKeys, judge: J) {
    this.#structPages = structPages;
    this.#keys = keys;
    this.judge = judge;
    this.#strays = new Strays(keys);
    this.#lostHeads = new LostHeads(keys.buddyOrders);
  }

  /**
   * Pages whose struct page contradicts that of their compound's head, or that of a head that no page can
   * have.
   */
  get strays(): number {
    return this.#strays.pages;
  }

  /** The block that the last head speaks for. */
  get cover(): Readonly<Cover> {
    return this.#cover;
  }

  /** Forgets the last block: no block reaches to where the next run lies. */
  restart(): void {
    this.#cover.head = 0;
    this.#cover.until = 0;
    this.#strays.forget();
    this.#lostHeads.end();
  }

  /** Goes on with `count` pages from `pfn` on, all of one section and at most RUN_PAGES. */
  run(pfn: number, count: number): void {
    // The dump lacks the memory between the two runs, so its struct pages are not looked at.
    if (pfn !== this.#next) this.#strays.forget();
    this.#next = pfn + count;
    for (let at = 0; at < count; ) {
      const { head, until } = this.#cover;
      if (pfn + at < until && !this.judge.readsCovered) {
        const end = Math.min(count, until - pfn);
        this.#covered(-1, end - at);
        at = end;
        continue;
      }
      const afterLarge = this.#structPages.encoded && pfn + at === until && until - head >= LARGE_BLOCK;
      const end = afterLarge ? Math.min(count, at + PROBE_PAGES) : count;
      this.#read(pfn + at, pfn + end);
      at = end;
    }
  }

  /** Reads the struct pages from `start` to `end` and looks at them. */
  #read(start: number, end: number): void {
    if (this.#structPages.isOffline(start)) {
      this.#offline(start, end);
      return;
    }
    const { absent, unreadable } = this.#structPages.readRun(start, end - start);
    if (absent) {
      this.#unasked(Unasked.noStructPage, end - start);
      return;
    }
    let at = start;
    for (const gap of unreadable) {
      if (gap.start > at) this.#part(start, at, gap.start);
      at = gap.end;
      this.#gap(gap);
    }
    if (at < end) this.#part(start, at, end);
  }

  /** Pages of a section that is not online: their struct pages may be garbage, except those of a device. */
  #offline(start: number, end: number): void {
    const { stride, device } = this.#keys;
    if (device.mask === 0) {
      this.#unasked(Unasked.offlineSection, end - start);
      return;
    }
    this.#structPages.readRun(start, end - start);
    const { words } = this.#structPages;
    for (let n = 0; n < end - start; n++) {
      const isDevice = isDevicePage(words, n * stride, this.#keys);
      this.#unasked(isDevice ? Unasked.zoneDevice : Unasked.offlineSection, 1);
    }
  }

  /** Pages whose struct pages cannot be read. A head before them may have spoken for some. */
  #gap({ start, end, reason, lost }: Gap): void {
    this.#strays.forget();
    const until = this.judge.readsCovered ? start : Math.max(start, Math.min(end, this.#cover.until));
    if (until > start) this.#covered(-1, until - start);
    if (until === end) return;
    this.#fail(reason, end - until);
    this.judge.unasked(Unasked.unreadable, end - until);
    if (lost) this.#lostHeads.missed(end);
  }

  /**
   * Looks at the pages from `from` to `to`, whose struct pages were read from pfn `first` on. No object, no
   * closure and no BigInt per page: this is as hot as tellFacts.
   */
  #part(first: number, from: number, to: number): void {
    const { words } = this.#structPages;
    const { stride, device } = this.#keys;
    const cover = this.#cover;
    for (let pfn = from; pfn < to; ) {
      const i = (pfn - first) * stride;
      if (pfn < cover.until) {
        const end = Math.min(to, cover.until);
        this.#covered(i, end - pfn);
        pfn = end;
        continue;
      }
      if (this.#lostHeads.mayBe && this.#mayHaveLostHead(words, i, pfn)) {
        pfn++;
        continue;
      }
      const told = tellFacts(words, i, Math.min(AT_ONCE, to - pfn), this.#keys, facts);
      if (device.mask !== 0) markDevices(words, i, told, this.#keys, facts);
      const last = facts[told - 1] as number;
      const alone = (last & MAY_LEAD) === 0 ? told : told - 1;
      if (alone > 0) this.#alone(words, i, pfn, alone);
      pfn += alone;
      if (alone < told) this.#head(words, i + alone * stride, pfn, last, to - pfn);
    }
  }

  /** Pages that speak only for themselves. Neighbours with the same facts are handed over together. */
  #alone(words: Int32Array, i: number, pfn: number, count: number): void {
    const strays = this.#strays;
    for (let n = 0; n < count; ) {
      const same = facts[n] as number;
      let to = n + 1;
      while (to < count && facts[to] === same) to++;
      const areTails = (same & PageFact.tail) !== 0;
      if (areTails || !strays.isKnown || pfn + n < strays.compoundEnd)
        strays.look(areTails, pfn + n, pfn + to);
      this.judge.alike(words, i + n * this.#keys.stride, to - n, same);
      n = to;
    }
  }

  #head(words: Int32Array, i: number, pfn: number, of: PageFacts, rest: number): void {
    const pages = this.judge.head(words, i, pfn, of);
    const isTail = (of & PageFact.tail) !== 0;
    const strays = this.#strays;
    if (isTail || !strays.isKnown || pfn < strays.compoundEnd) strays.look(isTail, pfn, pfn + 1);
    // A head of order 0 whose class does not depend on others contradicts no page.
    const matters = pages > 1 || this.judge.evidence(words, i, of) === Evidence.none;
    if ((of & PageFact.head) !== 0 && matters) strays.head(words, i, pfn, of, pages, rest);
    this.#cover.head = pfn;
    this.#cover.until = pfn + pages;
  }

  /** Whether a page may belong to a block whose head was not read. If so it is of unknown class or use. */
  #mayHaveLostHead(words: Int32Array, i: number, pfn: number): boolean {
    const of = factsOf(words, i, this.#keys);
    if (!this.#lostHeads.mayHave(pfn, this.judge.evidence(words, i, of))) return false;
    this.#strays.look((of & PageFact.tail) !== 0, pfn, pfn + 1);
    if ((of & PageFact.head) !== 0) this.#strays.head(words, i, pfn, of, 1, 1);
    this.#fail(HEAD_UNREAD, 1);
    this.judge.unasked(Unasked.headUnread, 1);
    return true;
  }

  #covered(i: number, count: number): void {
    if (this.#lostHeads.mayBe) this.#lostHeads.end();
    this.judge.covered(this.#structPages.words, i, count);
  }

  /** Pages that are in no block whose head was lost. */
  #unasked(why: Unasked, count: number): void {
    this.#lostHeads.end();
    this.judge.unasked(why, count);
  }

  #fail(reason: string, pages: number): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + pages);
  }
}
