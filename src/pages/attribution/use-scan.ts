import type { Range } from '../../bytes/ranges.ts';
import type { PhysicalMemory } from '../../formats/image/image.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { PfnRun } from '../struct-pages/runs.ts';
import { StructPages } from '../struct-pages/struct-pages.ts';
import type { Scan } from '../walk/scan.ts';
import { spanRuns } from '../walk/spans.ts';
import { Walk } from '../walk/walk.ts';
import type { CgroupKeys } from './cgroup-keys.ts';
import { CgroupTally } from './cgroup-tally.ts';
import { UseJudge } from './use-judge.ts';
import type { UseKeys } from './use-keys.ts';
import type { UseTally } from './use-tally.ts';

/** What a thread must know to do the same as another: plain data. */
export interface UseQuestion {
  readonly kind: 'uses';
  readonly keys: UseKeys;
  /** Pfns that are left out. */
  readonly except: Range | null;
  /** Where cgroups are named, if they are asked for. */
  readonly cgroups?: CgroupKeys | null;
}

/** Counts the pages of spans by use and by owner. */
export class UseScan implements Scan<UseTally> {
  readonly #memory: PhysicalMemory;
  readonly #walk: Walk<UseJudge>;
  readonly #except: Range | null;
  readonly #cgroups: CgroupTally | null;

  /**
   * @param except pfns that are left out
   * @param cgroups where cgroups are named, to count by them, too
   * @throws InspectError missingInfo or corrupt, when the memory map itself cannot be read
   */
  constructor(kernel: Kernel, keys: UseKeys, except: Range | null = null, cgroups: CgroupKeys | null = null) {
    this.#memory = kernel.image.memory;
    this.#cgroups = cgroups && new CgroupTally(kernel.space, cgroups);
    this.#walk = new Walk(new StructPages(kernel), keys, new UseJudge(keys, this.#cgroups));
    this.#except = except;
  }

  span(number: number, onPages: (pages: number) => void): void {
    this.#walk.restart();
    this.runs(spanRuns(this.#memory, number, this.#except), onPages);
  }

  /** Looks at runs, which come in ascending order. */
  runs(runs: Iterable<PfnRun>, onPages: (pages: number) => void = () => {}): void {
    for (const { pfn, count } of runs) {
      this.#walk.run(pfn, count);
      onPages(count);
    }
  }

  get tally(): UseTally {
    const { judge, failures, strays } = this.#walk;
    return {
      uses: judge.uses,
      places: judge.places,
      slabs: judge.slabs.counts,
      slabObjects: judge.slabObjects.counts,
      mappings: judge.mappings.counts,
      hugetlb: judge.hugetlb.counts,
      failures,
      strays: strays + judge.impossible,
      cgroups: this.#cgroups?.counts ?? null,
    };
  }
}
