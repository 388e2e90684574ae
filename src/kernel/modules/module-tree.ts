import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Break } from '../objects/list.ts';
import { walkTree } from '../objects/rb-tree.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isInModuleArea, type ModuleRange } from './module-area.ts';

/** The tree by which the kernel finds modules by address (mod_tree, kernel/module/tree_lookup.c). */
export interface ModuleTree {
  /** Virtual addresses of struct modules. */
  readonly modules: ReadonlySet<bigint>;
  /** All module memory lies in it: from mod_tree.addr_min to addr_max, a range that only ever grows. */
  readonly bounds: ModuleRange;
  readonly broken: Break | null;
}

/** Each module has a node per kind of memory, at most seven since 6.4. */
const NODES_LIMIT = 1 << 19;

/**
 * Reads the tree. Returns null if the kernel has none (CONFIG_MODULES_TREE_LOOKUP), if no module was ever
 * loaded, and if its bounds cannot be those of modules.
 * @throws InspectError notMapped or notStored
 */
export function readModuleTree(typed: TypedKernel): ModuleTree | null {
  const at = typed.findSymbol('mod_tree');
  if (at === undefined || !typed.types.findStruct('mod_tree_root')) return null;
  const tree = typed.read('mod_tree_root', at, 'addr_min', 'addr_max', 'root.seq');
  const bounds = { start: tree.big('addr_min'), end: tree.big('addr_max') };
  if (!isInModuleArea(bounds)) return null;
  // One of the two copies may be in the middle of a change; the sequence count, the first field of seq, says
  // which one to read (include/linux/rbtree_latch.h).
  const copy = typed.space.u32(tree.addressOf('root.seq')) & 1;
  const root = at + BigInt(tree.type.offsetOf(`root.tree[${copy}]`));
  const { nodes, broken } = walkTree(typed, root, NODES_LIMIT);
  const { modules, wrong } = owners(typed, nodes, copy);
  return { modules, bounds, broken: broken ?? wrong };
}

/** Returns the modules that the tree's nodes are part of; each node names its module. */
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
      else wrong ??= { address: node, reason: `it names the module at ${hex(module)} but is not part of it` };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      wrong ??= { address: node, reason: error.message };
    }
  }
  return { modules, wrong };
}
