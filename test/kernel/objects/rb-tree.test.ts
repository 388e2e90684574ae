import { describe, expect, test } from 'vitest';
import { walkTree } from '../../../src/kernel/objects/rb-tree.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const NODE = 32;

/** Node i is at i * NODE, the root pointer at 0; the colour is the lowest bit of the parent. */
function treeOf(
  nodes: Readonly<Record<number, readonly [parent: number, left: number, right: number]>>,
  first = 1,
) {
  const btf = new BuiltBtf();
  const long = btf.int('long', 8);
  const pointer = btf.pointer(0);
  btf.struct('rb_node', 24, [
    ['__rb_parent_color', long, 0],
    ['rb_right', pointer, 8],
    ['rb_left', pointer, 16],
  ]);
  const kernel = new BuiltTypedKernel(btf);
  const at = (node: number) => (node === 0 ? 0n : kernel.at(node * NODE));
  kernel.writeU64(0, at(first));
  for (const [node, [parent, left, right]] of Object.entries(nodes)) {
    const from = Number(node) * NODE;
    kernel.writeU64(from, at(parent) | BigInt(Number(node) % 2));
    kernel.writeU64(from + 8, at(right));
    kernel.writeU64(from + 16, at(left));
  }
  return { kernel, at, walk: (limit?: number) => walkTree(kernel.typed, kernel.at(0), limit) };
}

const FIVE = { 1: [0, 2, 3], 2: [1, 4, 0], 3: [1, 0, 5], 4: [2, 0, 0], 5: [3, 0, 0] } as const;

describe('a red-black tree', () => {
  test('without a root has no nodes', () => {
    expect(treeOf({}, 0).walk()).toEqual({ nodes: [], broken: null });
  });

  test('has each of its nodes once', () => {
    const { at, walk } = treeOf(FIVE);
    const { nodes, broken } = walk();
    expect([...nodes].sort()).toEqual([1, 2, 3, 4, 5].map(at));
    expect(broken).toBeNull();
  });

  test('ends where a node has another parent, as in a circle', () => {
    const { at, walk } = treeOf({ ...FIVE, 5: [3, 1, 0] });
    const { nodes, broken } = walk();
    expect(new Set(nodes).size).toBe(5);
    expect(broken?.reason).toContain(`has the parent 0x0, not 0x${at(5).toString(16)}`);
  });

  test('ends where a node has the same child on both sides', () => {
    const { at, walk } = treeOf({ ...FIVE, 3: [1, 5, 5] });
    const { nodes, broken } = walk();
    expect(nodes).toEqual([1, 2].map(at));
    expect(broken?.reason).toMatch(new RegExp(`has the child 0x${at(5).toString(16)} twice$`));
  });

  test('keeps what was found when a node cannot be read', () => {
    const { kernel, at, walk } = treeOf(FIVE);
    kernel.writeU64(4 * NODE + 16, 0xffff_9999_0000_0000n);
    const { nodes, broken } = walk();
    expect(nodes).toEqual(expect.arrayContaining([1, 2, 3, 4].map(at)));
    expect(broken?.reason).toContain('is not mapped');
  });

  test('ends at the limit', () => {
    const { nodes, broken } = treeOf(FIVE).walk(3);
    expect(nodes).toHaveLength(3);
    expect(broken?.reason).toBe('there are more than 3 nodes');
  });
});
