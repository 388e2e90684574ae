import type { OnProgress } from '../../bytes/work.ts';
import type { Check } from '../../kernel/evidence/check.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import type { ClassTally } from '../classify/class-tally.ts';
import type { ClassCounts } from '../classify/page-class.ts';
import { type Unavailable, unavailable } from '../zones/try-zones.ts';
import { readZones, recounted, type Zone, type ZoneCheck } from '../zones/zones.ts';
import { freeChecks } from './free-checks.ts';
import { lruChecks } from './lru-check.ts';
import { Movements } from './movement.ts';

/** FREE against the free lists of the kernel, zone by zone, and free pages in no zone. */
export type FreeCheck =
  | { readonly zones: readonly ZoneCheck[]; readonly outside: number; readonly checks: readonly Check[] }
  | Unavailable;

/** The zones of a kernel, and for a running one how the lengths of their free lists move meanwhile. */
interface Watched {
  readonly zones: readonly Zone[];
  readonly movements: Movements | null;
}

/** The free lists of a kernel's zones. FREE is checked against them. */
export class FreeLists {
  readonly #kernel: Kernel;
  readonly #watched: Watched | Unavailable;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#watched = watched(kernel);
  }

  /** None where they cannot be read. */
  get zones(): readonly Zone[] {
    return 'unavailable' in this.#watched ? [] : this.#watched.zones;
  }

  /** Looks at what moves whenever progress is told. */
  watching(onProgress: OnProgress): OnProgress {
    if ('unavailable' in this.#watched || this.#watched.movements === null) return onProgress;
    const { movements } = this.#watched;
    return (done, total) => {
      movements.look();
      onProgress(done, total);
    };
  }

  /**
   * Compares what was counted with the kernel's counters. Those of a running kernel are read again, because
   * they moved meanwhile.
   */
  check(tally: ClassTally, counts: ClassCounts): FreeCheck {
    if ('unavailable' in this.#watched) return this.#watched;
    try {
      return checked(this.#kernel, this.#watched, tally, counts);
    } catch (error) {
      return unavailable(this.#kernel, error);
    }
  }
}

function watched(kernel: Kernel): Watched | Unavailable {
  try {
    const zones = readZones(kernel);
    return { zones, movements: kernel.image.live ? movementsOf(kernel, zones) : null };
  } catch (error) {
    return unavailable(kernel, error);
  }
}

function checked(
  kernel: Kernel,
  { zones, movements }: Watched,
  tally: ClassTally,
  counts: ClassCounts,
): FreeCheck {
  const { outside, free, unaccepted } = tally;
  const found = zones.map((zone, i) => ({
    ...zone,
    ...{ counted: free[i] ?? 0, unaccepted: unaccepted[i] ?? 0 },
  }));
  const now = kernel.image.live ? recounted(found, readZones(kernel)) : found;
  movements?.lookNow();
  const cpus = kernel.image.notedCpus ?? 0;
  const checks = freeChecks({ zones: now, outside, cpus, movements });
  // Pages of unknown class may be those that are on the LRU lists.
  const lists = tally.failures.size > 0 ? [] : lruChecks(kernel, counts, cpus);
  return { zones: now, outside, checks: [...checks, ...lists] };
}

/** By the index of the zone. */
function movementsOf(kernel: Kernel, zones: readonly Zone[]): Movements {
  const found = zones.map((zone) => ({ ...zone, counted: 0, unaccepted: 0 }));
  return new Movements(() => recounted(found, readZones(kernel)).map(({ freeArea }) => freeArea));
}
