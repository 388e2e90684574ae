import type { Rule } from './rules.ts';

/**
 * The verdicts on the pages of a run, one for each stretch of neighbours that share it: a free block of 1024 pages is one entry.
 * Stretch k begins where k - 1 ends; the first at the run's first page.
 */
export class Stretches {
  length = 0;
  /** By stretch, the rule of its pages. */
  readonly rules: Uint8Array;
  /** By stretch, where it ends: pages from the first of the run on. */
  readonly ends: Int32Array;

  /** For runs of up to so many pages. */
  constructor(pages: number) {
    this.rules = new Uint8Array(pages);
    this.ends = new Int32Array(pages);
  }

  clear(): void {
    this.length = 0;
  }

  /** How many pages have a verdict. */
  get pages(): number {
    return this.length === 0 ? 0 : (this.ends[this.length - 1] as number);
  }

  /** Gives the pages up to `end` a rule, from where the last verdict ended. */
  add(rule: Rule, end: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.rules[last] === rule) {
      this.ends[last] = end;
      return;
    }
    this.rules[this.length] = rule;
    this.ends[this.length++] = end;
  }
}
