import { PAGE_SIZE } from '../../machine.ts';
import { fact, known } from '../evidence/fact.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';

/** Whether memory ran short; null where the kernel does not tell. */
export interface MemoryPressure {
  /**
   * Bytes that the kernel keeps free for itself: the high watermarks and reserves of all zones
   * (calculate_totalreserve_pages, mm/page_alloc.c).
   */
  readonly reserve: number | null;
  /** Tasks that the OOM killer ended since boot, for the machine or for a cgroup. */
  readonly oomKills: number | null;
}

export function readMemoryPressure(typed: TypedKernel): MemoryPressure {
  return {
    reserve: known(fact(() => readReserve(typed))) ?? null,
    oomKills: known(fact(() => countOomKills(typed))) ?? null,
  };
}

function readReserve(typed: TypedKernel): number {
  const pages = Number(typed.space.u64(typed.symbol('totalreserve_pages')));
  return pages * PAGE_SIZE;
}

/** OOM_KILL of vm_event_states, which each CPU counts for itself (8e675f7af507, 4.13). */
function countOomKills(typed: TypedKernel): number | null {
  const event = typed.types.enumeration('vm_event_item')?.find(({ name }) => name === 'OOM_KILL')?.value;
  if (event === undefined || typed.findSymbol('vm_event_states') === undefined) return null;
  const kills = new PerCpu(typed)
    .variables('vm_event_states')
    .reduce((sum, { address }) => sum + typed.space.u64(address + 8n * BigInt(event)), 0n);
  return kills < 1n << 32n ? Number(kills) : null;
}
