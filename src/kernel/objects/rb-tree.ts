import { hex } from '../../bytes/hex.ts';
import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import type { Walked } from './list.ts';

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
  const queue = [{ node: typed.space.u64(root), parent: 0n }];
  for (const { node, parent } of queue) {
    if (node === 0n) continue;
    if (nodes.length >= limit) {
      return { nodes, broken: { address: root, reason: `there are more than ${limit} nodes` } };
    }
    try {
      const n = reader.load(node);
      const said = n.big('__rb_parent_color') & ~3n;
      if (said !== parent) {
        const reason = `the node at ${hex(node)} has the parent ${hex(said)}, not ${hex(parent)}`;
        return { nodes, broken: { address: parent, reason } };
      }
      nodes.push(node);
      queue.push({ node: n.big('rb_left'), parent: node }, { node: n.big('rb_right'), parent: node });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return { nodes, broken: { address: node, reason: error.message } };
    }
  }
  return { nodes, broken: null };
}
