import type { PageFacts } from '../struct-pages/page-facts.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';
import { RUN_PAGES } from '../struct-pages/struct-pages.ts';
import { Evidence, type Judge, type Unasked } from '../walk/judge.ts';
import { FlagsOfKernelPages } from './kernel-flags.ts';
import { RuleExtents } from './rule-extents.ts';
import { FIRST_EXCLUDING, pagesDecided, Rule, ruleOf } from './rules.ts';

/**
 * Told of each free block: its head's pfn, its pages, the upper half of the head's flags, and whether it is
 * unaccepted memory.
 */
export type OnFree = (pfn: number, pages: number, flagsHigh: number, unaccepted: boolean) => void;

/** The rule of pages whose struct pages are not looked at, by Unasked. */
const RULE_OF_UNASKED = [
  Rule.noStructPage,
  Rule.unreadable,
  Rule.headUnread,
  Rule.offlineSection,
  Rule.zoneDevice,
] as const satisfies Record<Unasked, Rule>;

/** Says by which rule each page is excluded from a dump, or kept in it. */
export class ClassJudge implements Judge {
  /**
   * Each page of a compound that is kept is looked at. For a free block, or a compound that is excluded, the
   * head decides alone.
   */
  readonly readsCovered = false;
  /** The rules of the pages since it was last cleared, which must not be more than those of a run. */
  readonly extents = new RuleExtents(RUN_PAGES);
  readonly #keys: PageKeys;
  readonly #onFree: OnFree;
  readonly #kernelFlags: FlagsOfKernelPages;
  /** What the last head said. */
  #rule: Rule = Rule.kernel;

  constructor(keys: PageKeys, onFree: OnFree = () => {}) {
    this.#keys = keys;
    this.#onFree = onFree;
    this.#kernelFlags = new FlagsOfKernelPages(keys);
  }

  /** Whether some page seems to have a memory error that VMCOREINFO has no key for. */
  get looksPoisoned(): boolean {
    return this.#kernelFlags.lookPoisoned;
  }

  alike(w: Int32Array, i: number, count: number, facts: PageFacts): void {
    const rule = ruleOf(facts);
    this.extents.add(rule, count);
    if (rule === Rule.kernel && this.#kernelFlags.isAsked) this.#kernelFlags.look(w, i, count);
  }

  head(w: Int32Array, i: number, pfn: number, facts: PageFacts): number {
    const rule = ruleOf(facts);
    this.#rule = rule;
    if (rule === Rule.kernel && this.#kernelFlags.isAsked) this.#kernelFlags.look(w, i, 1);
    const pages = pagesDecided(w, i, pfn, rule, this.#keys);
    if (rule === Rule.buddy || rule === Rule.unaccepted)
      this.#onFree(pfn, pages, w[i + this.#keys.flags + 1] as number, rule === Rule.unaccepted);
    return pages;
  }

  covered(_w: Int32Array, _i: number, count: number): void {
    this.extents.add(this.#rule, count);
  }

  unasked(why: Unasked, count: number): void {
    this.extents.add(RULE_OF_UNASKED[why], count);
  }

  evidence(_w: Int32Array, _i: number, facts: PageFacts): Evidence {
    const rule = ruleOf(facts);
    if (rule === Rule.tail) return Evidence.tail;
    return rule >= FIRST_EXCLUDING ? Evidence.itself : Evidence.none;
  }
}
