import { InspectError } from '../../errors.ts';
import type { Kernel } from './kernel.ts';

/**
 * Holds a node's pglist_data against its place in node_data. Does nothing where VMCOREINFO does not say where node_id is.
 * @throws InspectError notMapped, notStored; corrupt, for that of another node
 */
export function requireNodeId({ info, space }: Kernel, node: number, pgdat: bigint): void {
  const offset = info.offset('pglist_data.node_id');
  if (offset === undefined) return;
  const id = space.u32(pgdat + BigInt(offset));
  if (id === node) return;
  throw new InspectError('corrupt', `node_data[${node}] is that of node ${id}, by its node_id`, {
    address: pgdat,
  });
}
