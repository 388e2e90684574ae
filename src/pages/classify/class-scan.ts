import type { PhysicalMemory } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import type { Scan } from '../walk/scan.ts';
import { spanRuns } from '../walk/spans.ts';
import { Walk } from '../walk/walk.ts';
import { FreeCounter } from '../zones/free-counter.ts';
import type { Zone } from '../zones/zones.ts';
import { ClassJudge } from './class-judge.ts';
import type { ClassTally } from './class-tally.ts';
import type { RuleExtents } from './rule-extents.ts';
import { FIRST_EXCLUDING, RULES } from './rules.ts';
import { ZeroPages } from './zero-pages.ts';

/** What a thread needs in order to count the same as another: plain data. */
export interface ClassQuestion {
  readonly kind: 'classes';
  readonly zones: readonly Zone[];
}

/** Counts the pages of spans by class. */
export class ClassScan implements Scan<ClassTally> {
  readonly #memory: PhysicalMemory;
  readonly #rules = new Float64Array(RULES.length);
  readonly #zeroPages: ZeroPages;
  readonly #walk: Walk<ClassJudge>;
  readonly #free: FreeCounter;

  /**
   * @param zones by which free pages are counted; none where they cannot be read
   * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read
   */
  constructor(kernel: Kernel, zones: readonly Zone[]) {
    this.#memory = kernel.image.memory;
    const structPages = new StructPages(kernel);
    // Contents are read after the struct pages of a run have been looked at, so both can use one buffer,
    // which stays in the CPU's cache.
    this.#zeroPages = new ZeroPages(this.#memory, structPages.bytes);
    this.#free = new FreeCounter(zones, kernel);
    const keys = { ...pageKeys(kernel.info), device: deviceTest(zones, kernel.info) };
    const judge = new ClassJudge(keys, (pfn, pages, flagsHigh, unaccepted) =>
      this.#free.add(pfn, pages, flagsHigh, unaccepted),
    );
    this.#walk = new Walk(structPages, keys, judge);
  }

  span(number: number, onPages: (pages: number) => void): void {
    const { extents } = this.#walk.judge;
    this.#walk.restart();
    for (const { pfn, count } of spanRuns(this.#memory, number)) {
      extents.clear();
      this.#walk.run(pfn, count);
      this.#count(pfn, extents);
      onPages(count);
    }
  }

  /**
   * Counts by rule, and tests the contents of pages that no rule excludes. Neighbours are tested together.
   */
  #count(pfn: number, { length, rules, ends }: RuleExtents): void {
    let start = 0;
    let kept = -1;
    for (let k = 0; k < length; k++) {
      const rule = rules[k] as number;
      const end = ends[k] as number;
      (this.#rules[rule] as number) += end - start;
      if (rule < FIRST_EXCLUDING) {
        if (kept < 0) kept = start;
      } else if (kept >= 0) {
        this.#zeroPages.count(pfn + kept, pfn + start);
        kept = -1;
      }
      start = end;
    }
    if (kept >= 0) this.#zeroPages.count(pfn + kept, pfn + start);
  }

  get tally(): ClassTally {
    const { zero, nonZero, absences } = this.#zeroPages.counts;
    return {
      rules: this.#rules,
      zero,
      nonZero,
      absences,
      failures: this.#walk.failures,
      free: this.#free.zones.map((zone) => zone.counted),
      unaccepted: this.#free.zones.map((zone) => zone.unaccepted),
      outside: this.#free.outside,
      looksPoisoned: this.#walk.judge.looksPoisoned,
      strays: this.#walk.strays,
    };
  }
}
