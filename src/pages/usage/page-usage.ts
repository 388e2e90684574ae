import type { Range } from '../../bytes/ranges.ts';
import type { InspectError } from '../../errors.ts';
import { type Check, check } from '../../kernel/evidence/check.ts';
import { totalPagesSymbol } from '../../kernel/objects/memory-totals.ts';
import { KfencePool } from '../../kernel/slabs/kfence.ts';
import { kfencePoolByLog } from '../../kernel/system/kfence-pool.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type Attribution, attributePages } from '../attribution/attribution.ts';
import { useKeys } from '../attribution/choose-keys.ts';
import type { UseKeys } from '../attribution/use-keys.ts';
import { untoldRows } from '../classify/required-keys.ts';
import type { WalkOptions } from '../threads/walk-spans.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { type BootMemory, bootMemory } from './boot-memory.ts';
import { usageChecks } from './checks.ts';
import { counted, type PageCount, UNKNOWN_COUNT } from './page-count.ts';
import { Problems } from './problems.ts';
import { type Rows, type TypeFacts, typeUses } from './types.ts';
import { doubtStructPages, longAt, missingOf, type Usage } from './usage.ts';

/** What is not read, because the kernel's own structures hold it. */
const UNREAD = {
  ...{ counters: null, slabs: null, files: null, vmalloc: null, percpu: null, hugetlb: null },
  ...{ cpuFree: null, vmallocCounter: null, unacceptedListed: null, crashKernel: null },
};

/**
 * What the memory of a kernel without types, or without symbols of data, is used for, as far as struct pages
 * and VMCOREINFO tell. Who holds it is unknown; without types, so are uses that only page types mark which
 * VMCOREINFO lacks.
 * @param lack why the kernel's own lists cannot be read
 * @throws InspectError missingInfo for a kernel without symbols, or when the memory map cannot be read
 */
export async function readPageUsage(
  typed: TypedKernel,
  lack: InspectError,
  options: WalkOptions,
): Promise<Usage> {
  const { kernel } = typed;
  const problems = new Problems(kernel);
  if (typed.symbols.damage !== null) problems.wrong(typed.symbols.damage);
  const pool = problems.attempt('the pool of KFENCE', () => ({ pfns: kfencePool(typed) }));
  const attribution = await attributePages(typed, pool?.pfns ?? null, options);
  doubtStructPages(typed, attribution, problems);
  const end = missingOf(kernel, attribution);
  if (end !== null) problems.wrong(end);
  const untold = untoldRows(kernel);
  for (const { key } of untold)
    problems.wrong(`not all uses of pages are known without ${key} in VMCOREINFO`);
  const exact = attribution.exact && end === null && untold.length === 0;
  const told = { ...attribution, exact };
  const named = <T>(what: string, make: () => T) =>
    typed.symbols.hasData ? problems.attempt(what, make) : null;
  const boot = named('memory reserved at boot', () => bootMemory(typed));
  const managed = named('_totalram_pages', () => longAt(typed, totalPagesSymbol(typed)));
  const keys = useKeys(typed);
  const knowsReserved = keys.reservedMask !== 0 && pool !== null;
  const facts: TypeFacts = {
    ...{ ...UNREAD, attribution: told, boot, whole: false },
    managed: knowsReserved ? managed : null,
  };
  const { rows, checks } = typeUses(facts);
  return {
    ...{ ...UNREAD, attribution, total: counted(attribution.total, end === null) },
    types: { rows: { ...rows, ...rowsOfPages(told, boot, keys, pool !== null) }, checks },
    checks: checksOf(typed, facts, told),
    processes: { value: null, whole: true },
    modules: { value: null, whole: true },
    warnings: [...kernel.info.doubts, warningOf(lack), ...problems.warnings],
    damaged: problems.damaged || !exact,
    mapChange: kernel.image.mapChange?.() ?? null,
  };
}

function warningOf({ message, facts: { hint } }: InspectError): string {
  const unknown = 'slab caches, files, processes, vmalloc areas and what else the kernel lists are unknown';
  return `${message}, so ${unknown}${hint === undefined ? '' : `; ${hint}`}`;
}

/** The pfns of KFENCE's pool, or null. @throws InspectError where it is unknown */
function kfencePool(typed: TypedKernel): Range | null {
  return typed.hasNoTypes || typed.noData ? kfencePoolByLog(typed) : (KfencePool.of(typed)?.pfns ?? null);
}

/** Rows that are told in another way than by the kernel's lists and all its types, or not at all. */
function rowsOfPages(
  { uses, exact }: Attribution,
  boot: BootMemory | null,
  { reservedMask, swapbackedMask, otherTypes }: UseKeys,
  knowsPool: boolean,
): Partial<Rows> {
  const isReservedKnown = reservedMask !== 0 && knowsPool;
  const reserved =
    boot?.exact && isReservedKnown
      ? counted(uses.reserved - boot.image - boot.memmap.reserved, exact)
      : UNKNOWN_COUNT;
  return {
    reserved,
    ...(otherTypes
      ? { pageTables: UNKNOWN_COUNT, zsmalloc: UNKNOWN_COUNT, largeKmalloc: UNKNOWN_COUNT }
      : {}),
    ...(reservedMask === 0 ? { kernelImage: UNKNOWN_COUNT, memmap: UNKNOWN_COUNT } : {}),
    // The pages of the pool look like slabs.
    ...(knowsPool ? {} : { slab: UNKNOWN_COUNT, kfence: UNKNOWN_COUNT }),
    ...(swapbackedMask === 0 ? filesTogether() : {}),
  };
}

/** Without NUMBER(PG_swapbacked), which kernels have since about 4.17, files and shmem look alike. */
function filesTogether(): Record<'fileCache' | 'shmem', PageCount> {
  return { fileCache: UNKNOWN_COUNT, shmem: UNKNOWN_COUNT };
}

function checksOf(typed: TypedKernel, facts: TypeFacts, attribution: Attribution): Check[] {
  const free = typed.kernel.image.live || !attribution.exact ? [] : freeCheck(typed, attribution);
  const others = usageChecks({
    ...{ ...facts, counters: null, slabs: null, unacceptedListed: null, movement: null },
    marked: { largeKmalloc: false, zsmalloc: false },
    // A balloon's pages are offline (ca215086b14b, 5.1). Those that it gives back when memory is short stay
    // counted.
    balloon: attribution.uses.offline,
  });
  return [...free, ...(typed.kernel.image.live ? [] : others)];
}

/** FREE against the lists of the buddy allocator, of all zones together. */
function freeCheck(typed: TypedKernel, { uses }: Attribution): Check[] {
  const zones = zonesOrNone(typed.kernel);
  if (zones.length === 0) return [];
  const kernel = zones.reduce((sum, { freeArea }) => sum + freeArea, 0);
  return [check({ name: 'free_area.nr_free', unit: 'pages', counted: uses.free, kernel })];
}
