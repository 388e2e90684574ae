import { describe, expect, test } from 'vitest';
import { isCut, walkList } from '../../../src/kernel/objects/list.ts';
import { AddressSpace } from '../../../src/kernel/paging/address-space.ts';
import { BuiltSpace } from '../../builders/address-space.ts';
import { failureOf } from '../../builders/failure.ts';

const BASE = 0xffff_8880_0000_0000n;
const DATA = 0x10_0000;
const NOWHERE = 0xffff_9999_0000_0000n;

/** Nodes 0, 1, 2... of a page; the head is node 0. */
const at = (node: number) => BASE + BigInt(64 * node);
const nodesTo = (last: number) => Array.from({ length: last }, (_, i) => at(i + 1));

type Link = readonly [from: number, to: number | bigint];

/** A wrong pointer of a node, by number or address. */
interface Damage {
  readonly next?: readonly Link[];
  readonly prev?: readonly Link[];
}

/** A circle through the nodes in order, then damaged. */
function circleOf(order: readonly number[], { next = [], prev = [] }: Damage = {}) {
  const built = new BuiltSpace();
  built.tables.map(BASE, DATA);
  const write = (node: number, offset: number, to: number | bigint) => {
    built.memory.writeU64(DATA + 64 * node + offset, typeof to === 'bigint' ? to : at(to));
  };
  order.forEach((node, i) => {
    const following = order[(i + 1) % order.length] as number;
    write(node, 0, following);
    write(following, 8, node);
  });
  for (const [from, to] of next) write(from, 0, to);
  for (const [from, to] of prev) write(from, 8, to);
  return built.space;
}

/** The head and nodes 1, 2... */
function listTo(last: number, damage?: Damage) {
  return circleOf(
    Array.from({ length: last + 1 }, (_, i) => i),
    damage,
  );
}

describe('a list_head', () => {
  test('has no nodes when it points at itself', () => {
    expect(walkList(circleOf([0]), at(0))).toEqual({ nodes: [], broken: null });
  });

  test('ends when it returns to its head', () => {
    expect(walkList(circleOf([0, 3, 1, 2]), at(0))).toEqual({ nodes: [at(3), at(1), at(2)], broken: null });
  });

  test('cannot be walked when its head cannot be read', () => {
    expect(failureOf(() => walkList(circleOf([0]), NOWHERE)).kind).toBe('notMapped');
  });

  test('ends at the limit', () => {
    expect(walkList(listTo(3), at(0), 2)).toMatchObject({
      nodes: [at(1), at(2)],
      broken: { address: at(2) },
    });
    expect(walkList(listTo(3), at(0), 3).broken).toBeNull();
  });
});

describe('a list with one wrong pointer', () => {
  const elsewhere = [
    ['the head', 0],
    ['unmapped memory', NOWHERE],
    ['NULL', 0n],
    ['the node itself', null],
    ['the middle of the next node', 8n],
    ['a node that is not in the list', 20],
  ] as const;

  test.each(elsewhere.flatMap(([what, to]) => [0, 1, 3, 5].map((from) => [what, from, to] as const)))(
    'has all its nodes when the next pointer leads to %s, from node %d on',
    (_, from, to) => {
      const wrong = to === null ? from : to === 8n ? at((from + 1) % 6) + 8n : to;
      const { nodes, broken } = walkList(listTo(5, { next: [[from, wrong]] }), at(0));
      expect(nodes).toEqual(nodesTo(5));
      // The last node leads to the head anyway.
      if (from === 5 && wrong === 0) expect(broken).toBeNull();
      else expect(broken).toMatchObject({ address: at(from), mended: true });
    },
  );

  test.each(elsewhere.flatMap(([what, to]) => [0, 1, 3, 5].map((from) => [what, from, to] as const)))(
    'has all its nodes when the prev pointer leads to %s, from node %d on',
    (_, from, to) => {
      const wrong = to === null ? from : to === 8n ? at((from + 5) % 6) + 8n : to;
      const { nodes, broken } = walkList(listTo(5, { prev: [[from, wrong]] }), at(0));
      expect(nodes).toEqual(nodesTo(5));
      if (from === 1 && wrong === 0) expect(broken).toBeNull();
      else expect(broken?.mended).toBe(true);
    },
  );

  test.each([1, 2, 3, 7, 20, 33])('with a circle of %d nodes has each node once', (length) => {
    for (const before of [0, 1, 5, 16]) {
      const last = before + length;
      const { nodes, broken } = walkList(listTo(last, { next: [[last, before + 1]] }), at(0));
      expect(nodes).toEqual(nodesTo(last));
      expect(broken).toMatchObject({ address: at(last), mended: true });
      expect(broken?.reason).toContain('circle');
    }
  });

  test('with a circle and only wrong prev pointers is reported as cut', () => {
    const prev = Array.from({ length: 4 }, (_, i) => [i, NOWHERE] as const);
    const { nodes, broken } = walkList(listTo(3, { prev, next: [[3, 2]] }), at(0));
    expect(nodes).toEqual([]);
    expect(isCut(broken)).toBe(true);
  });

  test('keeps its only node, or none, whichever pointer of the head is wrong', () => {
    expect(walkList(circleOf([0, 1], { next: [[0, 0]] }), at(0))).toMatchObject({ nodes: [at(1)] });
    expect(walkList(circleOf([0, 1], { prev: [[0, 0]] }), at(0))).toMatchObject({ nodes: [at(1)] });
    for (const damage of [{ next: [[0, NOWHERE]] as const }, { prev: [[0, NOWHERE]] as const }]) {
      expect(walkList(circleOf([0], damage), at(0))).toMatchObject({ nodes: [], broken: { mended: true } });
    }
  });
});

describe('a list that a crash interrupted in the middle of a change', () => {
  test('has the node that list_add() was putting in', () => {
    // next->prev = new; new->next = next; new->prev = prev; still missing: prev->next = new.
    const space = listTo(4, { next: [[2, 4]] });
    expect(walkList(space, at(0))).toMatchObject({ nodes: nodesTo(4), broken: { mended: true } });
  });

  test('has the node that list_del() was taking out', () => {
    // next->prev = prev; still missing: prev->next = next.
    const space = listTo(4, { prev: [[4, 2]] });
    expect(walkList(space, at(0))).toMatchObject({ nodes: nodesTo(4), broken: { mended: true } });
  });
});

describe('a list with more wrong pointers', () => {
  test('has a node that both its neighbours point to, although its own pointers are gone', () => {
    const damage = { next: [[3, 0n]], prev: [[3, 0n]] } as const;
    expect(walkList(listTo(5, damage), at(0))).toMatchObject({ nodes: nodesTo(5), broken: { mended: true } });
  });

  test('lacks a node that cannot be read, and reports it', () => {
    const damage = { next: [[2, NOWHERE]], prev: [[4, NOWHERE]] } as const;
    const { nodes, broken } = walkList(listTo(5, damage), at(0));
    expect(nodes).toEqual([at(1), at(2), at(4), at(5)]);
    expect(isCut(broken)).toBe(true);
    expect(broken?.address).toBe(at(2));
    expect(broken?.reason).toContain('0xffff999900000000 is not mapped');
  });

  test('has what both ends lead to, but may lack what is between', () => {
    const damage = { next: [[1, 0]], prev: [[5, 0]] } as const;
    const { nodes, broken } = walkList(listTo(6, damage), at(0));
    expect(nodes).toEqual([at(1), at(5), at(6)]);
    expect(isCut(broken)).toBe(true);
    expect(broken?.reason).toContain('others may be between');
  });

  test('is cut if both pointers of its head are wrong', () => {
    const space = listTo(3, { next: [[0, NOWHERE]], prev: [[0, NOWHERE]] });
    const { nodes, broken } = walkList(space, at(0));
    expect([nodes, isCut(broken)]).toEqual([[], true]);
  });
});

describe('a list whose length the kernel counts', () => {
  const count = (n: number) => ({ name: 'nr_partial', count: n });

  test('is whole if the count matches', () => {
    expect(walkList(listTo(3), at(0), 10, count(3)).broken).toBeNull();
  });

  test('is cut if it does not, although its pointers agree', () => {
    const { nodes, broken } = walkList(listTo(3), at(0), 10, count(5));
    expect(nodes).toEqual(nodesTo(3));
    expect(isCut(broken)).toBe(true);
    expect(broken?.reason).toBe('nodes found: 3, but nr_partial is 5');
  });

  test('is whole if the nodes from both ends match the count', () => {
    const damage = { next: [[1, NOWHERE]], prev: [[2, NOWHERE]] } as const;
    expect(isCut(walkList(listTo(3, damage), at(0), 10).broken)).toBe(true);
    expect(isCut(walkList(listTo(3, damage), at(0), 10, count(3)).broken)).toBe(false);
    expect(isCut(walkList(listTo(3, { next: [[1, 0]] }), at(0), 10, count(4)).broken)).toBe(true);
  });
});

describe('a list of a running kernel', () => {
  function living(damage: Damage) {
    const { walker, memory } = listTo(3, damage);
    return new AddressSpace(walker, memory, true);
  }

  test('is followed by its next pointers only, and its length is not checked', () => {
    const space = living({ prev: [[2, NOWHERE]] });
    expect(walkList(space, at(0), 10, { name: 'nr', count: 9 })).toEqual({ nodes: nodesTo(3), broken: null });
  });

  test('that runs in a circle or leads nowhere is broken', () => {
    expect(walkList(living({ next: [[3, 2]] }), at(0))).toMatchObject({
      nodes: nodesTo(3),
      broken: { address: at(3), reason: expect.stringContaining('circle') },
    });
    expect(walkList(living({ next: [[1, NOWHERE]] }), at(0))).toMatchObject({ nodes: [at(1)] });
  });
});
