import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';

/**
 * Returns the pages that balloons hold: the ones they took minus the ones they returned, counted by all CPUs
 * (mm/balloon_compaction.c). Returns null in a kernel without balloons.
 * @throws InspectError missingInfo, notMapped, notStored; corrupt for an impossible number
 */
export function readBalloonPages(typed: TypedKernel): number | null {
  const [taken, returned] = ['BALLOON_INFLATE', 'BALLOON_DEFLATE'].map((name) =>
    typed.types.enumerator(name),
  );
  if (taken === undefined || returned === undefined || typed.findSymbol('vm_event_states') === undefined)
    return null;
  const pages = new PerCpu(typed).variables('vm_event_states').reduce((sum, { address }) => {
    const events = (index: bigint) => typed.space.u64(address + 8n * index);
    return BigInt.asIntN(64, sum + events(taken) - events(returned));
  }, 0n);
  if (pages >= 0n && pages < 1n << 40n) return Number(pages);
  throw new InspectError('corrupt', `balloons hold ${pages} pages by vm_event_states`);
}
