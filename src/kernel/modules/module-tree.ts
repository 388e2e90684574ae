import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Break } from '../objects/list.ts';
import { walkTree } from '../objects/rb-tree.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isInModuleArea, type ModuleRange } from './module-area.ts';

/** The modules as the kernel finds them by address (mod_tree, kernel/module/tree_lookup.c): a second list of them. */
export interface ModuleTree {
  /** Virtual addresses of struct modules. */
  readonly modules: ReadonlySet<bigint>;
  /** All memory of modules lies in it: from mod_tree.addr_min to addr_max, which only ever grows. */
  readonly bounds: ModuleRange;
  readonly broken: Break | null;
}

/** Each module has a node for each kind of its memory, seven at most since 6.4. */
const NODES_LIMIT = 1 << 19;

/**
 * Reads the tree; null where the kernel has none (CONFIG_MODULES_TREE_LOOKUP), where no module was ever loaded, and where
 * its bounds cannot be those of modules, for then there is no tree here.
 * @throws InspectError notMapped or notStored
 */
export function readModuleTree(typed: TypedKernel): ModuleTree | null {
  const at = typed.findSymbol('mod_tree');
  if (at === undefined || !typed.types.findStruct('mod_tree_root')) return null;
  const tree = typed.read('mod_tree_root', at, 'addr_min', 'addr_max', 'root.seq');
  const bounds = { start: tree.big('addr_min'), end: tree.big('addr_max') };
  if (!isInModuleArea(bounds)) return null;
  // Of the two copies one may be amid a change: the sequence, which seq begins with, says which one readers take
  // (include/linux/rbtree_latch.h).
  const copy = typed.space.u32(tree.addressOf('root.seq')) & 1;
  const root = at + BigInt(tree.type.offsetOf(`root.tree[${copy}]`));
  const { nodes, broken } = walkTree(typed, root, NODES_LIMIT);
  const { modules, wrong } = owners(typed, nodes, copy);
  return { modules, bounds, broken: broken ?? wrong };
}

/** The modules that nodes of the tree are part of, which each node names. */
function owners(
  typed: TypedKernel,
  nodes: readonly bigint[],
  copy: number,
): { modules: Set<bigint>; wrong: Break | null } {
  const link = typed.reader('mod_tree_node', 'mod');
  const offset = BigInt(
    link.type.offsetOf('node') + typed.types.struct('latch_tree_node').offsetOf(`node[${copy}]`),
  );
  const size = BigInt(typed.types.struct('module').size);
  const modules = new Set<bigint>();
  let wrong: Break | null = null;
  for (const node of nodes) {
    try {
      const module = link.load(node - offset).big('mod');
      if (node > module && node - module < size) modules.add(module);
      else
        wrong ??= { address: node, reason: `it names the module at ${hex(module)}, which it is no part of` };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      wrong ??= { address: node, reason: error.message };
    }
  }
  return { modules, wrong };
}
