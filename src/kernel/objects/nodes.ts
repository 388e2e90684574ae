import { InspectError } from '../../errors.ts';
import { MAX_NR_ZONES, MAX_NUMNODES } from '../../machine.ts';
import { requireNodeId } from '../open/node-id.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';

/**
 * Returns the virtual addresses of the pglist_data of all nodes: node_data has a pointer per possible node;
 * without CONFIG_NUMA there is only contig_page_data.
 * @throws InspectError missingInfo if there is neither; corrupt if one belongs to another node
 */
export function nodeAddresses(typed: TypedKernel): bigint[] {
  const table = typed.findSymbol('node_data');
  if (table === undefined) return [typed.symbol('contig_page_data')];
  const key = 'LENGTH(node_data)';
  const length = required(typed.kernel.info.length('node_data'), key, 'the number of nodes is unknown');
  if (length < 1 || length > MAX_NUMNODES)
    throw new InspectError('corrupt', `VMCOREINFO: ${key} is ${length}`, {
      key,
    });
  const bytes = typed.space.bytes(table, 8 * length);
  const nodes = [...new BigUint64Array(bytes.buffer)];
  for (const [node, address] of nodes.entries())
    if (address !== 0n) requireNodeId(typed.kernel, node, address);
  return nodes.filter((address) => address !== 0n);
}

/** Returns one more than the highest possible node. @throws InspectError corrupt for an impossible number */
export function countOfNodeIds(typed: TypedKernel): number {
  const ids = typed.findSymbol('nr_node_ids');
  const count = ids === undefined ? 1 : typed.space.u32(ids);
  if (count >= 1 && count <= MAX_NUMNODES) return count;
  throw new InspectError('corrupt', `nr_node_ids is ${count}, which is impossible`);
}

/**
 * Returns the virtual addresses of all struct zones, including empty ones.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function zoneAddresses(typed: TypedKernel): bigint[] {
  return nodeAddresses(typed).flatMap((node) => zonesOfNode(typed, node));
}

/** Returns the zones of one node, by index in node_zones. @throws InspectError missingInfo */
export function zonesOfNode(typed: TypedKernel, node: bigint): bigint[] {
  const { offset, size } = typed.types.struct('pglist_data').field('node_zones');
  const one = typed.types.struct('zone').size;
  return Array.from(
    { length: Math.min(MAX_NR_ZONES, size / one) },
    (_, i) => node + BigInt(offset + i * one),
  );
}
