import { InspectError } from '../../errors.ts';
import { requireNodeId } from '../open/node-id.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { required } from '../vmcoreinfo/vmcoreinfo.ts';

/** MAX_NUMNODES is at most 1 << 10 on x86_64 (NODES_SHIFT, arch/x86/Kconfig) */
const NODES_LIMIT = 1 << 10;
/** MAX_NR_ZONES: DMA, DMA32, NORMAL, MOVABLE and DEVICE, with some reserve. */
const ZONES_LIMIT = 8;

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
  if (length < 1 || length > NODES_LIMIT)
    throw new InspectError('corrupt', `VMCOREINFO: ${key} is ${length}`, {
      key,
    });
  const bytes = typed.space.bytes(table, 8 * length);
  const nodes = [...new BigUint64Array(bytes.buffer)];
  for (const [node, address] of nodes.entries())
    if (address !== 0n) requireNodeId(typed.kernel, node, address);
  return nodes.filter((address) => address !== 0n);
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
  return Array.from({ length: Math.min(ZONES_LIMIT, size / one) }, (_, i) => node + BigInt(offset + i * one));
}
