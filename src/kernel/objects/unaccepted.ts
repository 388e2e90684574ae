import type { TypedKernel } from '../types/typed-kernel.ts';
import { walkList } from './list.ts';
import { zoneAddresses } from './nodes.ts';

/**
 * Returns the pages that zones list as unaccepted (TDX, SEV-SNP), in blocks of the buddy allocator's largest
 * order. Returns null in a kernel without such lists (CONFIG_UNACCEPTED_MEMORY, 6.5+), and if one cannot be
 * followed to its end.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function readUnacceptedPages(typed: TypedKernel): number | null {
  const list = typed.types.struct('zone').find('unaccepted_pages');
  const orders = typed.kernel.info.length('zone.free_area');
  if (!list || orders === undefined) return null;
  const lists = zoneAddresses(typed).map((zone) => walkList(typed.space, zone + BigInt(list.offset)));
  if (lists.some(({ broken }) => broken !== null)) return null;
  return lists.reduce((sum, { nodes }) => sum + nodes.length, 0) * 2 ** (orders - 1);
}
