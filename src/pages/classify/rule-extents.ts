import type { Rule } from './rules.ts';

/**
 * Which rules decide the pages of a run, one entry for each extent of neighbours that share a rule: a free
 * block of 1024 pages is one entry. Extent k begins where k - 1 ends, the first at the run's first page.
 */
export class RuleExtents {
  length = 0;
  /** By extent, the rule of its pages. */
  readonly rules: Uint8Array;
  /** By extent, where it ends: pages from the first of the run on. */
  readonly ends: Int32Array;

  /** For runs of up to so many pages. */
  constructor(pages: number) {
    this.rules = new Uint8Array(pages);
    this.ends = new Int32Array(pages);
  }

  clear(): void {
    this.length = 0;
  }

  /** How many pages have a rule. */
  get pages(): number {
    return this.length === 0 ? 0 : (this.ends[this.length - 1] as number);
  }

  /** Gives the next pages a rule. */
  add(rule: Rule, pages: number): void {
    const last = this.length - 1;
    if (last < 0) {
      this.#begin(rule, pages);
      return;
    }
    const end = (this.ends[last] as number) + pages;
    if (this.rules[last] === rule) this.ends[last] = end;
    else this.#begin(rule, end);
  }

  #begin(rule: Rule, end: number): void {
    this.rules[this.length] = rule;
    this.ends[this.length++] = end;
  }
}
