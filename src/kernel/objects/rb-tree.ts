import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break, Walked } from './list.ts';

/** Trees that are walked here are those of mappings of one page or file. */
const NODES_LIMIT = 1 << 16;

/**
 * Visits all nodes of a red-black tree (include/linux/rbtree.h). Each node names its parent, which is checked, so none is
 * visited twice, whatever the memory holds.
 * @param root address of a struct rb_root; @throws InspectError notMapped or notStored, when it cannot be read
 */
export function walkTree(typed: TypedKernel, root: bigint, limit = NODES_LIMIT): Walked {
  const reader = typed.reader('rb_node', '__rb_parent_color', 'rb_left', 'rb_right');
  const nodes: bigint[] = [];
  // Level by level, for what is above need not be kept.
  for (let level: Link[] = [{ node: typed.space.u64(root), parent: 0n }]; level.length > 0; ) {
    const below: Link[] = [];
    for (const { node, parent } of level) {
      if (node === 0n) continue;
      if (nodes.length >= limit) {
        return { nodes, broken: { address: root, reason: `there are more than ${limit} nodes` } };
      }
      const children = childrenOf(reader, node, parent);
      if ('reason' in children) return { nodes, broken: children };
      nodes.push(node);
      for (const child of children) if (child !== 0n) below.push({ node: child, parent: node });
    }
    level = below;
  }
  return { nodes, broken: null };
}

/** A pointer to a node, and the node that it is in; 0n for the root. */
interface Link {
  readonly node: bigint;
  readonly parent: bigint;
}

type NodeReader = StructReader<'__rb_parent_color' | 'rb_left' | 'rb_right'>;

/** What stands below a node, or why it is not the one that should be there. */
function childrenOf(reader: NodeReader, node: bigint, parent: bigint): readonly bigint[] | Break {
  try {
    const n = reader.load(node);
    const said = n.big('__rb_parent_color') & ~3n;
    const [left, right] = [n.big('rb_left'), n.big('rb_right')];
    if (said !== parent) {
      const reason = `the node at ${hex(node)} has the parent ${hex(said)}, not ${hex(parent)}`;
      return { address: parent, reason };
    }
    if (left === 0n || left !== right) return [left, right];
    return { address: node, reason: `the node at ${hex(node)} has one child twice, ${hex(left)}` };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { address: node, reason: error.message };
  }
}
