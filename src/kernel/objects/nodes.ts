import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';

/** MAX_NUMNODES is at most 1 << 10 on x86_64 (NODES_SHIFT, arch/x86/Kconfig) */
const NODES_LIMIT = 1 << 10;
/** MAX_NR_ZONES: DMA, DMA32, NORMAL, MOVABLE and DEVICE, and room. */
const ZONES_LIMIT = 8;

/**
 * Virtual addresses of the pglist_data of all nodes: node_data has one pointer for each node that may be, and without
 * CONFIG_NUMA contig_page_data is the only one.
 * @throws InspectError missingInfo, when there is neither
 */
export function nodeAddresses(typed: TypedKernel): bigint[] {
  const table = typed.findSymbol('node_data');
  if (table === undefined) return [typed.symbol('contig_page_data')];
  const length = typed.kernel.info.length('node_data') ?? 1;
  if (length < 1 || length > NODES_LIMIT)
    throw new InspectError('corrupt', `VMCOREINFO: LENGTH(node_data) is ${length}`, {
      key: 'LENGTH(node_data)',
    });
  const bytes = typed.space.bytes(table, 8 * length);
  return [...new BigUint64Array(bytes.buffer)].filter((address) => address !== 0n);
}

/** Virtual addresses of struct zone, those without memory included. @throws InspectError missingInfo, notMapped, notStored */
export function zoneAddresses(typed: TypedKernel): bigint[] {
  const node = typed.types.struct('pglist_data');
  const first = node.offsetOf('node_zones');
  const zones = Math.min(ZONES_LIMIT, node.field('node_zones').size / typed.types.struct('zone').size);
  const size = typed.types.struct('zone').size;
  return nodeAddresses(typed).flatMap((at) =>
    Array.from({ length: zones }, (_, i) => at + BigInt(first + i * size)),
  );
}
