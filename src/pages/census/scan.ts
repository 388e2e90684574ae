import type { PhysicalMemory } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { FIRST_EXCLUDING, RULES } from '../classify/rules.ts';
import type { Stretches } from '../classify/stretches.ts';
import { Verdicts } from '../classify/verdicts.ts';
import { deviceTest } from '../struct-pages/device-pages.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import { runsOf } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import { FreeCounter } from '../zones/free-counter.ts';
import type { Zone } from '../zones/zones.ts';
import { SPAN_PAGES } from './partition.ts';
import type { Tally } from './tally.ts';
import { pfnRanges, ZeroPages } from './zero-pages.ts';

/** Says of the pages of a span what each is for, and keeps the count. One thread's share of a census. */
export class Scan {
  readonly #memory: PhysicalMemory;
  readonly #rules = new Float64Array(RULES.length);
  readonly #zeroPages: ZeroPages;
  readonly #verdicts: Verdicts;
  readonly #free: FreeCounter;

  /**
   * @param zones those that free pages are counted by; none, where the kernel's cannot be read
   * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read
   */
  constructor(kernel: Kernel, zones: readonly Zone[]) {
    this.#memory = kernel.image.memory;
    const structPages = new StructPages(kernel);
    // Contents are read when the struct pages of a run have had their say: both in the same memory stay in a processor's cache.
    this.#zeroPages = new ZeroPages(this.#memory, structPages.room);
    this.#free = new FreeCounter(zones, kernel.info);
    const keys = { ...pageKeys(kernel.info), device: deviceTest(zones, kernel.info) };
    this.#verdicts = new Verdicts(structPages, keys, (...block) => this.#free.add(...block));
  }

  /** Looks at all pages of a span; `onPages` is told how many, some thousand at a time. */
  span(number: number, onPages: (pages: number) => void): void {
    const start = number * SPAN_PAGES * PAGE_SIZE;
    this.#verdicts.restart();
    const described = this.#memory.described(start, start + SPAN_PAGES * PAGE_SIZE);
    for (const { pfn, count } of runsOf(pfnRanges(described))) {
      this.#count(pfn, this.#verdicts.of(pfn, count));
      onPages(count);
    }
  }

  /** Counts by rule, and puts the pages that no rule leaves out to the test of their contents, neighbours together. */
  #count(pfn: number, { length, rules, ends }: Stretches): void {
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

  get tally(): Tally {
    const { zero, nonZero, absences } = this.#zeroPages.counts;
    return {
      rules: this.#rules,
      zero,
      nonZero,
      absences,
      failures: this.#verdicts.failures,
      free: this.#free.zones.map((zone) => zone.counted),
      unaccepted: this.#free.zones.map((zone) => zone.unaccepted),
      outside: this.#free.outside,
      looksPoisoned: this.#verdicts.looksPoisoned,
      strays: this.#verdicts.strays,
    };
  }
}
