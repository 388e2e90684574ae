import { fact, known } from '../../kernel/evidence/fact.ts';
import { KfencePool } from '../../kernel/slabs/kfence.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { KfenceOwner } from './owner.ts';

/** null where there is none, and where it cannot be found. */
export function kfencePool(typed: TypedKernel): KfencePool | null {
  return known(fact(() => KfencePool.of(typed))) ?? null;
}

/** @throws InspectError notMapped or notStored, when its metadata cannot be read */
export function kfenceOwner(typed: TypedKernel, pfn: number): KfenceOwner {
  return { kind: 'kfence', object: kfencePool(typed)?.objectAt(pfn) ?? null };
}

/** The physical address of an address in the pool that is not mapped; null for any other. */
export function kfencePhysical(typed: TypedKernel, address: bigint): number | null {
  return kfencePool(typed)?.physicalOf(address) ?? null;
}
