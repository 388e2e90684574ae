import { isImpossible } from '../struct-pages/impossible-page.ts';
import { PageFact, tellFacts } from '../struct-pages/page-facts.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';
import { compoundOrder, FIRST_EXCLUDING, pagesDecided, Rule, ruleOf } from './rules.ts';
import type { Stretches } from './stretches.ts';

/** A block or compound page whose verdict reaches over the pages behind its head. */
export interface Cover {
  /** The pfn of the head. */
  head: number;
  /** The first pfn behind it. */
  until: number;
  rule: Rule;
  /**
   * The first pfn past the last compound that no rule leaves out, whose tails are looked at; UNKNOWN where its head may be among
   * struct pages that were not read.
   */
  compound: number;
  /** Pages that contradict that: tails of no compound, others than tails inside one, and compounds whose head cannot be one. */
  strays: number;
}

/** No compound is known to have begun. */
export const NO_COMPOUND = -1;

/** Nothing covered yet. */
export function noCover(): Cover {
  return { head: 0, until: 0, rule: Rule.kernel, compound: NO_COMPOUND, strays: 0 };
}

/** Struct pages that lie one after the other, of a part of a run. */
export interface Part {
  readonly words: Int32Array;
  /** Index in `words` of the first. */
  readonly word: number;
  /** The pfn of the first page of the run. */
  readonly pfn: number;
  /** Where the part begins and ends: pages from the first of the run on. */
  readonly start: number;
  readonly end: number;
}

/**
 * Told of each free block that begins in a run: its head's pfn, its pages, the upper half of the head's flags, and whether it is
 * unaccepted memory.
 */
export type OnFree = (pfn: number, pages: number, flagsHigh: number, unaccepted: boolean) => void;

/** Pages whose facts are told at once. */
const AT_ONCE = 256;
const facts = new Uint16Array(AT_ONCE);

/**
 * Adds the rules of the pages of a part to `stretches`. A page inside a free block or a left-out compound is not looked
 * at: the head has spoken for it, over the ends of runs, sections and holes (so a fake head of an optimised hugetlb
 * page, 5.18 to 7.0, is never mistaken for one). No object, no closure and no BigInt a page: this is hot as tellFacts is.
 */
export function classifyPart(
  part: Part,
  keys: PageKeys,
  cover: Cover,
  stretches: Stretches,
  onFree: OnFree,
): void {
  const { words, pfn: first, end } = part;
  const { stride } = keys;
  const offset = part.word - part.start * stride;
  for (let n = part.start; n < end; ) {
    if (first + n < cover.until) {
      n = Math.min(end, cover.until - first);
      stretches.add(cover.rule, n);
      continue;
    }
    const told = tellFacts(words, offset + n * stride, Math.min(AT_ONCE, end - n), keys, facts);
    if (keys.device.mask !== 0) markDevices(words, offset + n * stride, told, keys);
    const rule = addRules(told, first, n, cover, stretches);
    n += told;
    const pfn = first + n - 1;
    const i = offset + (n - 1) * stride;
    if (rule < FIRST_EXCLUDING) {
      noteHead(words, i, pfn, facts[told - 1] as number, keys, cover);
      continue;
    }
    const pages = pagesDecided(words, i, pfn, rule, keys);
    if (rule === Rule.buddy || rule === Rule.unaccepted)
      onFree(pfn, pages, words[i + keys.flags + 1] as number, rule === Rule.unaccepted);
    if (pages === 1) continue;
    if (rule !== Rule.buddy && rule !== Rule.unaccepted)
      checkCompound(words, i, n + pages - 1 <= end, pages, rule, keys, cover);
    cover.head = pfn;
    cover.until = pfn + pages;
    cover.rule = rule;
  }
}

/** Notes how far the compound reaches that begins at the page at word `i`, where it is a head and no rule leaves it out. */
function noteHead(w: Int32Array, i: number, pfn: number, of: number, keys: PageKeys, cover: Cover): void {
  if ((of & PageFact.head) === 0) return;
  const pages = 1 << compoundOrder(w, i, pfn, keys);
  cover.compound = pfn + (keys.tail.mask === 0 ? 1 : pages);
  if (isImpossible(w, i, false, keys)) cover.strays += pages;
}

/** Of a compound that is left out, the head at word `i` is one that can be, and the last page is a tail, where the part has it. */
function checkCompound(
  w: Int32Array,
  i: number,
  hasLast: boolean,
  pages: number,
  rule: Rule,
  keys: PageKeys,
  cover: Cover,
): void {
  const { tail, stride } = keys;
  if (isImpossible(w, i, rule === Rule.anonymous, keys)) cover.strays += pages;
  else if (
    hasLast &&
    tail.mask !== 0 &&
    ((w[i + (pages - 1) * stride + tail.word] as number) & tail.mask) === 0
  )
    cover.strays++;
}

/** Counts pages from `start` to `end` that are not what the last head before them says: tails, or none. */
function countStrays(isTails: boolean, start: number, end: number, cover: Cover): void {
  const { compound } = cover;
  if (compound === NO_COMPOUND) {
    if (!isTails) cover.compound = 0;
  } else if (isTails) cover.strays += Math.max(0, end - Math.max(start, compound));
  else cover.strays += Math.max(0, Math.min(end, compound) - start);
}

/** Adds to the facts of pages, the first of them at word `i`, that they are device memory. */
function markDevices(w: Int32Array, i: number, count: number, { stride, flags, device }: PageKeys): void {
  for (let n = 0; n < count; n++) {
    if (((w[i + n * stride + flags + 1] as number) & device.mask) !== device.value) continue;
    facts[n] = (facts[n] as number) | PageFact.device;
  }
}

/**
 * Adds the rules of the pages whose facts were told, the first of them page `start` of the run that begins at `pfn`; returns that of
 * the last.
 */
function addRules(told: number, pfn: number, start: number, cover: Cover, stretches: Stretches): Rule {
  let rule: Rule = Rule.kernel;
  for (let from = 0; from < told; ) {
    const same = facts[from] as number;
    let to = from + 1;
    while (to < told && facts[to] === same) to++;
    rule = ruleOf(same);
    stretches.add(rule, start + to);
    countStrays((same & PageFact.tail) !== 0, pfn + start + from, pfn + start + to, cover);
    from = to;
  }
  return rule;
}
