import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break, WalkedList } from './list.ts';

/** Default limit: the trees here are the mappings of one page or file. */
const NODES_LIMIT = 1 << 16;

/**
 * Visits all nodes of a red-black tree (include/linux/rbtree.h). Each node's parent pointer is checked, so no
 * node is visited twice, whatever the memory holds.
 * @param root address of a struct rb_root
 * @throws InspectError notMapped or notStored if the root cannot be read
 */
export function walkTree(typed: TypedKernel, root: bigint, limit = NODES_LIMIT): WalkedList {
  const reader = typed.reader('rb_node', '__rb_parent_color', 'rb_left', 'rb_right');
  const nodes: bigint[] = [];
  // Level by level, because the levels above need not be kept.
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

/** A pointer to a node, and the node that holds it; 0n for the root. */
interface Link {
  readonly node: bigint;
  readonly parent: bigint;
}

type NodeReader = StructReader<'__rb_parent_color' | 'rb_left' | 'rb_right'>;

/** Returns the children of a node, or why it is not valid. */
function childrenOf(reader: NodeReader, node: bigint, parent: bigint): readonly bigint[] | Break {
  try {
    const n = reader.load(node);
    const actual = n.big('__rb_parent_color') & ~3n;
    const [left, right] = [n.big('rb_left'), n.big('rb_right')];
    if (actual !== parent) {
      const reason = `the node at ${hex(node)} has the parent ${hex(actual)}, not ${hex(parent)}`;
      return { address: parent, reason };
    }
    if (left === 0n || left !== right) return [left, right];
    return { address: node, reason: `the node at ${hex(node)} has the child ${hex(left)} twice` };
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    return { address: node, reason: error.message };
  }
}
