import { InspectError } from '../../errors.ts';
import type { Kernel } from './kernel.ts';

/**
 * Checks that a pglist_data in node_data belongs to that node. Does nothing if VMCOREINFO lacks the offset of
 * node_id.
 * @throws InspectError notMapped, notStored; corrupt if it belongs to another node
 */
export function requireNodeId({ info, space }: Kernel, node: number, pgdat: bigint): void {
  const offset = info.offset('pglist_data.node_id');
  if (offset === undefined) return;
  const id = space.u32(pgdat + BigInt(offset));
  if (id === node) return;
  throw new InspectError('corrupt', `node_data[${node}] belongs to node ${id}, by its node_id`, {
    address: pgdat,
  });
}
