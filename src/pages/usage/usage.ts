import type { MapChange } from '../../formats/image.ts';
import { type Module, readModules } from '../../kernel/modules/module-list.ts';
import { readCpuFreePages } from '../../kernel/objects/cpu-free-lists.ts';
import { type HugetlbPool, readHugetlbPools } from '../../kernel/objects/hugetlb.ts';
import { type PercpuMemory, readPercpuMemory } from '../../kernel/objects/percpu-memory.ts';
import { readVmCounters, type VmCounters } from '../../kernel/objects/vm-counters.ts';
import type { TypedKernel } from '../../kernel/typed-kernel.ts';
import { type Attribution, attributePages } from '../attribution.ts';
import type { OnProgress } from '../census.ts';
import { missingEnd } from '../open-end.ts';
import { bootMemory } from './boot-memory.ts';
import { type FileUses, fileUses } from './files.ts';
import { Problems } from './problems.ts';
import { type ProcessUses, processUses } from './processes.ts';
import { type SlabUses, slabUses } from './slabs.ts';
import { type TypeUses, typeUses } from './types.ts';
import { type VmallocUses, vmallocUses } from './vmalloc.ts';

/** Who holds the memory. What cannot be read is null, and the warnings say why. */
export interface Usage {
  readonly attribution: Attribution;
  readonly types: TypeUses;
  readonly counters: VmCounters | null;
  readonly slabs: SlabUses | null;
  readonly files: FileUses | null;
  readonly processes: ProcessUses | null;
  readonly vmalloc: VmallocUses | null;
  readonly percpu: PercpuMemory | null;
  readonly hugetlb: readonly HugetlbPool[] | null;
  readonly modules: readonly Module[] | null;
  readonly warnings: readonly string[];
  /** Whether something is missing that the dump should have. */
  readonly damaged: boolean;
  /** What of a running machine's memory has come and gone meanwhile; null for nothing. */
  readonly mapChange: MapChange | null;
}

/**
 * Reads who holds the memory of a kernel, and names the `top` largest files and callers of vmalloc.
 * @throws InspectError missingInfo for a kernel without symbols or BTF, or when the memory map cannot be read
 */
export function readUsage(typed: TypedKernel, top: number, onProgress?: OnProgress): Usage {
  const problems = new Problems(typed.kernel);
  const attribution = attributePages(typed, onProgress);
  for (const [reason, pages] of attribution.unreadable)
    problems.wrong(`${pages} pages are of unknown use: ${reason}`);
  const end = missingEnd(typed.kernel);
  if (end !== null) problems.wrong(end);
  const counters = problems.attempt('the counters of the kernel', () => readVmCounters(typed));
  const processes = problems.attempt('the processes', () => processUses(typed, problems));
  const tasks = processes?.tasks ?? null;
  const holders = {
    attribution,
    counters,
    slabs: problems.attempt('the slab caches', () => slabUses(typed, attribution, problems)),
    files: problems.attempt('the files', () => fileUses(typed, attribution, top, problems)),
    processes,
    vmalloc: problems.attempt('the vmalloc areas', () => vmallocUses(typed, tasks, top, problems)),
    percpu: problems.attempt('the per-CPU memory', () => readPercpuMemory(typed)),
    hugetlb: problems.attempt('the pools of huge pages', () => readHugetlbPools(typed)),
    modules: problems.attempt('the modules', () => modulesBySize(typed, problems)),
  };
  problems.broken('the list of per-CPU chunks', holders.percpu?.broken ?? []);
  const types = typeUses({ ...holders, ...bareFacts(typed, problems) });
  const mapChange = typed.kernel.image.mapChange?.() ?? null;
  return { ...holders, types, warnings: problems.warnings, damaged: problems.damaged, mapChange };
}

/** What has no section of its own. */
function bareFacts(typed: TypedKernel, problems: Problems) {
  return {
    cpuFree: problems.attempt('the free lists of CPUs', () => readCpuFreePages(typed)),
    boot: problems.attempt('memory given away at boot', () => bootMemory(typed)),
    vmallocCounter: problems.attempt('nr_vmalloc_pages', () => longAt(typed, 'nr_vmalloc_pages')),
    managed: problems.attempt('_totalram_pages', () => longAt(typed, '_totalram_pages')),
  };
}

/** An atomic_long_t of the kernel; null where it has none of that name. */
function longAt(typed: TypedKernel, symbol: string): number | null {
  const address = typed.findSymbol(symbol);
  return address === undefined ? null : Number(BigInt.asIntN(64, typed.space.u64(address)));
}

function modulesBySize(typed: TypedKernel, problems: Problems): Module[] {
  const { modules, broken } = readModules(typed);
  problems.broken('the list of modules', [broken]);
  return [...modules].sort((a, b) => b.size - a.size);
}
