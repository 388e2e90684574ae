import { describe, expect, test } from 'vitest';
import { walkList } from '../../../src/kernel/objects/list.ts';
import { BuiltSpace } from '../../builders/address-space.ts';
import { failureOf } from '../../builders/failure.ts';

const BASE = 0xffff_8880_0000_0000n;
const DATA = 0x10_0000;
const NOWHERE = 0xffff_9999_0000_0000n;

/** Nodes 0, 1, 2... of a page; the head is node 0. */
const at = (node: number) => BASE + BigInt(64 * node);

/** A list whose nodes point at each other as told: [from, to] by number, or an address. */
function listOf(links: readonly (readonly [number, number | bigint])[]) {
  const built = new BuiltSpace();
  built.tables.map(BASE, DATA);
  for (const [from, to] of links) {
    built.memory.writeU64(DATA + 64 * from, typeof to === 'bigint' ? to : at(to));
  }
  return built.space;
}

describe('a list_head', () => {
  test('has no nodes when it points at itself', () => {
    expect(walkList(listOf([[0, 0]]), at(0))).toEqual({ nodes: [], broken: null });
  });

  test('ends where it comes back to its head', () => {
    const space = listOf([
      [0, 3],
      [3, 1],
      [1, 2],
      [2, 0],
    ]);
    expect(walkList(space, at(0))).toEqual({ nodes: [at(3), at(1), at(2)], broken: null });
  });

  test('keeps what was found when a node points at what is not mapped', () => {
    const { nodes, broken } = walkList(
      listOf([
        [0, 1],
        [1, 2],
        [2, NOWHERE],
      ]),
      at(0),
    );
    expect(nodes).toEqual([at(1), at(2)]);
    expect(broken?.address).toBe(at(2));
    expect(broken?.reason).toContain('0xffff999900000000 is not mapped');
  });

  test('is broken at its head when the first node is not mapped', () => {
    expect(walkList(listOf([[0, NOWHERE]]), at(0))).toMatchObject({ nodes: [], broken: { address: at(0) } });
  });

  test('cannot be walked when its head cannot be read', () => {
    expect(failureOf(() => walkList(listOf([]), NOWHERE)).kind).toBe('notMapped');
  });

  test.each([1, 2, 3, 7, 20, 33])(
    'that runs in a circle of %d nodes without its head has each node once',
    (length) => {
      for (const before of [0, 1, 5, 16]) {
        const chain = Array.from({ length: before + length }, (_, i) => [i, i + 1] as const);
        const space = listOf([...chain, [before + length, before + 1]]);
        const { nodes, broken } = walkList(space, at(0));
        expect(nodes).toEqual(Array.from({ length: before + length }, (_, i) => at(i + 1)));
        expect(broken?.address).toBe(at(before + length));
        expect(broken?.reason).toContain('circle');
      }
    },
  );

  test('is cut at the limit', () => {
    const space = listOf([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
    ]);
    expect(walkList(space, at(0), 2)).toMatchObject({ nodes: [at(1), at(2)], broken: { address: at(2) } });
    expect(walkList(space, at(0), 3).broken).toBeNull();
  });
});
