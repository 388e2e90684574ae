import type { MapChange } from '../../formats/image/image.ts';
import type { Check } from '../../kernel/evidence/check.ts';
import { contradictedKeys } from '../../kernel/keys/expected-keys.ts';
import { readModules } from '../../kernel/modules/module-list.ts';
import type { Module } from '../../kernel/modules/module-reader.ts';
import { readBalloonPages } from '../../kernel/objects/balloon.ts';
import { readCpuFreePages } from '../../kernel/objects/cpu-free-lists.ts';
import { type HugetlbPool, readHugetlbPools } from '../../kernel/objects/hugetlb.ts';
import type { MemCgroups } from '../../kernel/objects/mem-cgroups.ts';
import { totalPagesSymbol } from '../../kernel/objects/memory-totals.ts';
import { type PercpuMemory, readPercpuMemory } from '../../kernel/objects/percpu-memory.ts';
import { readUnacceptedPages } from '../../kernel/objects/unaccepted.ts';
import { readVmCounters, type VmCounters } from '../../kernel/objects/vm-counters.ts';
import { KfencePool } from '../../kernel/slabs/kfence.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { type Attribution, attributePages } from '../attribution/attribution.ts';
import { hasPageType } from '../attribution/use-keys.ts';
import { missingMemory } from '../census/missing-memory.ts';
import { missingEnd } from '../census/open-end.ts';
import { untoldRows } from '../classify/required-keys.ts';
import { leavesHolesUnwritten } from '../struct-pages/unwritten.ts';
import type { WalkOptions } from '../threads/walk-spans.ts';
import { zonesOrNone } from '../zones/try-zones.ts';
import { bootMemory } from './boot-memory.ts';
import { cgroupCharges } from './cgroup-charges.ts';
import { CgroupMovements } from './cgroup-movements.ts';
import { type CgroupUses, cgroupUses } from './cgroups.ts';
import type { CheckFacts } from './check-facts.ts';
import { usageChecks } from './checks.ts';
import { CounterMovements } from './counter-movements.ts';
import { type CrashKernelMemory, crashKernelMemory } from './crash-kernel.ts';
import { type FileUses, fileUses } from './files.ts';
import { counted, type PageCount } from './page-count.ts';
import { Problems, type Whole } from './problems.ts';
import { type ProcessUses, processUses } from './processes.ts';
import { type SlabUses, slabUses } from './slabs.ts';
import { type TypeUses, typeUses } from './types.ts';
import { type VmallocUses, vmallocUses } from './vmalloc.ts';

/** Who holds the memory. What cannot be read is null, and the warnings say why. */
export interface Usage {
  readonly attribution: Attribution;
  /** Every physical page, once. */
  readonly total: PageCount;
  readonly types: TypeUses;
  /** Comparisons of figures with the kernel's own. */
  readonly checks: readonly Check[];
  readonly counters: VmCounters | null;
  readonly slabs: SlabUses | null;
  readonly files: FileUses | null;
  readonly processes: Whole<ProcessUses | null>;
  /** null or absent if cgroups were not asked for. */
  readonly cgroups?: CgroupUses | null;
  /** The cgroups by their own counters; null or absent if they were asked for, or cannot be read. */
  readonly cgroupCharges?: MemCgroups | null;
  readonly vmalloc: VmallocUses | null;
  readonly percpu: PercpuMemory | null;
  readonly crashKernel: CrashKernelMemory | null;
  readonly hugetlb: readonly HugetlbPool[] | null;
  readonly modules: Whole<readonly Module[] | null>;
  readonly warnings: readonly string[];
  /** Whether something is missing that the dump should have. */
  readonly damaged: boolean;
  /** Memory that was added to a running machine or removed from it meanwhile; null for none. */
  readonly mapChange: MapChange | null;
}

/**
 * Reads who holds the memory of a kernel, and names the `top` largest files and callers of vmalloc.
 * @param byCgroup whether to count by cgroup, too
 * @throws InspectError missingInfo for a kernel without symbols or BTF, or when the memory map cannot be read
 */
export async function readUsage(
  typed: TypedKernel,
  top: number,
  options: WalkOptions,
  byCgroup = false,
): Promise<Usage> {
  const problems = new Problems(typed.kernel);
  const { damage } = typed.symbols;
  if (damage !== null) problems.wrong(damage);
  const movements = typed.kernel.image.live
    ? problems.attempt('the counters of the kernel', () => new CounterMovements(typed))
    : null;
  const charges =
    byCgroup && typed.kernel.image.live
      ? problems.attempt('the charges of cgroups', () => new CgroupMovements(typed))
      : null;
  const watched = { movements, charges };
  const attribution = await attributed(typed, watched, { ...options, byCgroup }, problems);
  doubtStructPages(typed, attribution, problems);
  const end = missingOf(typed.kernel, attribution);
  if (end !== null) problems.wrong(end);
  const untold = untoldRows(typed.kernel);
  contradictions(typed, problems);
  for (const { key } of untold)
    problems.wrong(`not all uses of pages are known without ${key} in VMCOREINFO`);
  // Where memory may be missing, or a page type is not known, all that was found is a least value, too.
  const found = end === null && untold.length === 0 ? attribution : { ...attribution, exact: false };
  const processes = problems.whole(() =>
    problems.attempt('the processes', () => processUses(typed, problems)),
  );
  const unmarked = problems.whole(() => unmarkedMemory(typed, processes.value, top, problems));
  charges?.lookNow();
  const cgroups = byCgroup
    ? problems.attempt('the cgroups', () =>
        cgroupUses(typed, found, processes.value?.tasks ?? null, charges, problems),
      )
    : null;
  const holders = {
    attribution,
    crashKernel: problems.attempt('the memory of the crash kernel', () => crashKernelMemory(typed)),
    cgroups,
    cgroupCharges: byCgroup ? null : cgroupCharges(typed),
    total: counted(attribution.total, end === null),
    slabs: problems.attempt('the slab caches', () => slabUses(typed, found, problems)),
    files: problems.attempt('the files', () => fileUses(typed, found, top, problems)),
    processes,
    modules: problems.whole(() => problems.attempt('the modules', () => modulesBySize(typed, problems))),
    ...unmarked.value,
  };
  const facts = { ...holders, attribution: found, whole: unmarked.whole && found.exact };
  const checks = [
    ...checksOf(typed, facts, movements),
    ...(holders.slabs?.checks ?? []),
    ...(processes.value?.checks ?? []),
    ...(cgroups?.checks ?? []),
  ];
  const mapChange = typed.kernel.image.mapChange?.() ?? null;
  const { warnings, damaged } = problems;
  return {
    ...{ ...holders, types: typeUses(facts), checks, mapChange },
    warnings: [...typed.kernel.info.doubts, ...warnings],
    damaged: damaged || !found.exact,
  };
}

/** What each page is used for. The pool of KFENCE is left out, because its struct pages do not say whose it is. */
function attributed(
  typed: TypedKernel,
  watched: { readonly movements: CounterMovements | null; readonly charges: CgroupMovements | null },
  { byCgroup, ...options }: WalkOptions & { readonly byCgroup: boolean },
  problems: Problems,
): Promise<Attribution> {
  const kfence = problems.attempt('the pool of KFENCE', () => KfencePool.of(typed));
  const walk: WalkOptions = {
    ...options,
    onProgress(done, total) {
      watched.movements?.look();
      watched.charges?.look();
      options.onProgress?.(done, total);
    },
  };
  return attributePages(typed, kfence?.pfns ?? null, walk, byCgroup);
}

/** Adds what is wrong with the struct pages to the problems. */
export function doubtStructPages(typed: TypedKernel, attribution: Attribution, problems: Problems): void {
  for (const [reason, pages] of attribution.unreadable)
    problems.wrong(`${pages} pages are of unknown use: ${reason}`);
  const { uninitialized } = attribution.uses;
  if (uninitialized > 0 && !leavesHolesUnwritten(typed.kernel))
    problems.wrong(`${uninitialized} pages have struct pages that were never written`);
  // A running kernel makes compounds while it is read.
  if (attribution.strays > 0 && !typed.kernel.image.live)
    problems.wrong(
      `${attribution.strays} pages have struct pages that no page can have, or that contradict the heads of their compounds`,
    );
}

/** A sentence on memory that the dump lacks; null for none. */
export function missingOf(kernel: TypedKernel['kernel'], { uses }: Attribution): string | null {
  const unwritten = leavesHolesUnwritten(kernel) ? 0 : uses.uninitialized;
  return missingEnd(kernel, unwritten) ?? missingMemory(kernel, zonesOrNone(kernel))?.sentence ?? null;
}

/**
 * Where VMCOREINFO and the kernel's own types and symbols differ, VMCOREINFO is believed. But one of both is
 * wrong.
 */
function contradictions(typed: TypedKernel, problems: Problems): void {
  for (const { line, derived } of contradictedKeys(typed))
    problems.wrong(
      `VMCOREINFO has ${line[0]}=${line[1]}, and the kernel's own types and symbols say ${derived[1]}`,
    );
}

function checksOf(
  typed: TypedKernel,
  facts: Omit<CheckFacts, 'marked' | 'movement'>,
  movements: CounterMovements | null,
): Check[] {
  movements?.lookNow();
  return usageChecks({
    ...facts,
    marked: { largeKmalloc: hasPageType(typed, 'large_kmalloc'), zsmalloc: hasPageType(typed, 'zsmalloc') },
    movement: movements && ((counters) => movements.of(counters)),
  });
}

/**
 * Counters and lists of the kernel on memory that struct pages do not mark; each null where it cannot be
 * read.
 */
function unmarkedMemory(typed: TypedKernel, processes: ProcessUses | null, top: number, problems: Problems) {
  const percpu = problems.attempt('the per-CPU memory', () => readPercpuMemory(typed));
  if (percpu) problems.found(percpu.problems, percpu.whole);
  return {
    counters: problems.attempt('the counters of the kernel', () => readVmCounters(typed)),
    // The stacks of tasks show what areas of stacks look like.
    vmalloc:
      processes &&
      problems.attempt('the vmalloc areas', () => vmallocUses(typed, processes.tasks, top, problems)),
    percpu,
    hugetlb: problems.attempt('the pools of huge pages', () => readHugetlbPools(typed)),
    cpuFree: problems.attempt('the free lists of CPUs', () => readCpuFreePages(typed)),
    boot: problems.attempt('memory reserved at boot', () => bootMemory(typed)),
    vmallocCounter: problems.attempt('nr_vmalloc_pages', () => longAt(typed, 'nr_vmalloc_pages')),
    managed: problems.attempt('_totalram_pages', () => longAt(typed, totalPagesSymbol(typed))),
    balloon: problems.attempt('balloons', () => readBalloonPages(typed)),
    unacceptedListed: problems.attempt('unaccepted memory', () => readUnacceptedPages(typed)),
  };
}

/** An atomic_long_t of the kernel; null where it has no such variable. */
export function longAt(typed: TypedKernel, symbol: string): number | null {
  const address = typed.findSymbol(symbol);
  return address === undefined ? null : Number(BigInt.asIntN(64, typed.space.u64(address)));
}

function modulesBySize(typed: TypedKernel, problems: Problems): Module[] {
  const { modules, problems: wrong, whole } = readModules(typed);
  problems.found(wrong, whole);
  // By name where sizes are equal, because the order of a mended list is not the kernel's.
  return [...modules].sort((a, b) => (b.size ?? 0) - (a.size ?? 0) || (a.name < b.name ? -1 : 1));
}
