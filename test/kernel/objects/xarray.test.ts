import { describe, expect, test } from 'vitest';
import { XarrayWalker } from '../../../src/kernel/objects/xarray.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const SLOTS = 64;
const NODE = 576;
const RETRY = 1026n;
const ENTRY = 0xffff_8880_0000_1000n;

/** struct xarray and struct xa_node of x86_64 kernels since 4.20. */
function xarrayTypes(slots = SLOTS): BuiltBtf {
  const btf = new BuiltBtf();
  const u8 = btf.int('unsigned char', 1);
  const u64 = btf.int('long unsigned int', 8);
  const pointer = btf.pointer(0);
  btf.struct('xarray', 16, [
    ['xa_flags', u8, 4],
    ['xa_head', pointer, 8],
  ]);
  btf.struct('xa_node', 64 + 8 * slots, [
    ['shift', u8, 0],
    ['offset', u8, 1],
    ['count', u8, 2],
    ['parent', pointer, 8],
    ['array', pointer, 16],
    ['list', u64, 24],
    ['slots', btf.array(pointer, slots), 40],
  ]);
  return btf;
}

/** A built xarray: its root at 0, node i at 0x1000 * (i + 1). */
class BuiltXarray {
  readonly built = new BuiltTypedKernel(xarrayTypes());
  readonly root = this.built.at(0);

  node(i: number): bigint {
    return this.built.at(0x1000 * (i + 1));
  }

  /** The entry for node i in a slot. */
  to(i: number): bigint {
    return this.node(i) | 2n;
  }

  head(entry: bigint): this {
    this.built.writeU64(8, entry);
    return this;
  }

  /** Writes node i, which is in a slot of its parent. */
  write(
    i: number,
    shift: number,
    slots: Readonly<Record<number, bigint>>,
    place: { readonly parent?: number; readonly slot?: number } = {},
  ): this {
    const bytes = new Uint8Array(NODE);
    bytes[0] = shift;
    bytes[1] = place.slot ?? 0;
    const view = new DataView(bytes.buffer);
    view.setBigUint64(8, place.parent === undefined ? 0n : this.node(place.parent), true);
    for (const [slot, entry] of Object.entries(slots)) view.setBigUint64(40 + 8 * Number(slot), entry, true);
    this.built.write(0x1000 * (i + 1), bytes);
    return this;
  }

  get walker(): XarrayWalker {
    return new XarrayWalker(this.built.typed);
  }

  walk() {
    const found: (readonly [number, bigint])[] = [];
    const broken = this.walker.walk(this.root, (index, entry) => {
      found.push([index, entry]);
    });
    return { found, broken };
  }
}

describe('an xarray', () => {
  test('may be empty, or have its only entry in its head', () => {
    expect(new BuiltXarray().head(0n).walk()).toEqual({ found: [], broken: [] });
    expect(new BuiltXarray().head(ENTRY).walk()).toEqual({ found: [[0, ENTRY]], broken: [] });
  });

  test('with its only entry in its head has it at 0, unless it is a special entry', () => {
    const load = (head: bigint, index: number) => {
      const { walker, root } = new BuiltXarray().head(head);
      return walker.load(root, index);
    };
    expect([load(ENTRY, 0), load(ENTRY, 1), load(0n, 0), load(RETRY, 0)]).toEqual([ENTRY, 0n, 0n, 0n]);
    expect(new BuiltXarray().head(RETRY).walk()).toEqual({ found: [], broken: [] });
  });

  test('has its entries at the indexes given by the shifts of its nodes', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0));
    xarray.write(0, 12, { 0: xarray.to(1), 63: xarray.to(2) });
    xarray.write(1, 6, { 2: xarray.to(3) }, { parent: 0, slot: 0 });
    xarray.write(2, 6, { 63: xarray.to(4) }, { parent: 0, slot: 63 });
    xarray.write(3, 0, { 0: ENTRY, 5: ENTRY + 64n }, { parent: 1, slot: 2 });
    xarray.write(4, 0, { 63: ENTRY + 128n }, { parent: 2, slot: 63 });
    const wanted = [
      [128, ENTRY],
      [133, ENTRY + 64n],
      [2 ** 18 - 1, ENTRY + 128n],
    ] as const;
    expect(xarray.walk()).toEqual({ found: wanted, broken: [] });
    for (const [index, entry] of wanted) expect(xarray.walker.load(xarray.root, index)).toBe(entry);
    for (const index of [0, 129, 2 ** 18, 2 ** 40]) expect(xarray.walker.load(xarray.root, index)).toBe(0n);
  });

  test('has an entry of several indexes once, at its first, but loads it at each', () => {
    const xarray = new BuiltXarray();
    const siblingOf = (slot: bigint) => (slot << 2n) | 2n;
    xarray.head(xarray.to(0)).write(0, 0, { 4: ENTRY, 5: siblingOf(4n), 6: siblingOf(4n), 7: siblingOf(4n) });
    expect(xarray.walk().found).toEqual([[4, ENTRY]]);
    expect([3, 4, 5, 7].map((i) => xarray.walker.load(xarray.root, i))).toEqual([0n, ENTRY, ENTRY, ENTRY]);
  });

  test('keeps values, which are not pointers, and leaves out special entries', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 0, { 1: 0x55n, 2: RETRY });
    expect(xarray.walk()).toEqual({ found: [[1, 0x55n]], broken: [] });
    expect(xarray.walker.load(xarray.root, 2)).toBe(0n);
  });

  test('is walked no further if the visitor says so', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 6, { 0: xarray.to(1), 1: ENTRY });
    xarray.write(1, 0, { 0: ENTRY, 1: ENTRY, 2: ENTRY }, { parent: 0, slot: 0 });
    const seen: number[] = [];
    xarray.walker.walk(xarray.root, (index) => {
      seen.push(index);
      return seen.length < 2;
    });
    expect(seen).toEqual([0, 1]);
  });
});

describe('an xarray that is broken', () => {
  /** A root node with a good slot 1 and a slot 0 that leads to node 1. */
  function withNode(shift: number, place: { parent?: number; slot?: number }): BuiltXarray {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 6, { 0: xarray.to(1), 1: ENTRY });
    return xarray.write(1, shift, { 0: ENTRY }, place);
  }

  test.each([
    ['its parent differs', 0, { parent: 5, slot: 0 }, 'has the parent'],
    ['it is in another slot', 0, { parent: 0, slot: 1 }, 'slot 1, but is in slot 0'],
    ['its shift does not fit', 6, { parent: 0, slot: 0 }, 'has shift 6 under 6'],
  ])('reports a misplaced node because %s, and goes on', (_, shift, place, reason) => {
    const xarray = withNode(shift, place);
    const { found, broken } = xarray.walk();
    expect(found).toEqual([[64, ENTRY]]);
    expect(broken.map((b) => b.address)).toEqual([xarray.node(1)]);
    expect(broken[0]?.reason).toContain(reason);
    expect(failureOf(() => xarray.walker.load(xarray.root, 0)).kind).toBe('corrupt');
  });

  test('reports a root node with too many indexes', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 66, { 1: ENTRY });
    const { found, broken } = xarray.walk();
    expect(found).toEqual([]);
    expect(broken[0]?.reason).toMatch(/has shift 66 under the root$/);
  });

  test('reports a node that is not mapped', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 6, { 0: 0xffff_9999_0000_0002n, 1: ENTRY });
    const { found, broken } = xarray.walk();
    expect(found).toEqual([[64, ENTRY]]);
    expect(broken[0]?.reason).toContain('is not mapped');
  });

  test('does not go in circles', () => {
    const xarray = new BuiltXarray();
    xarray.head(xarray.to(0)).write(0, 6, { 0: xarray.to(0), 1: xarray.to(0) });
    expect(xarray.walk().broken).toHaveLength(2);
  });

  test('is rejected if its types are not an xarray', () => {
    const { typed } = new BuiltTypedKernel(xarrayTypes(5));
    expect(failureOf(() => new XarrayWalker(typed)).kind).toBe('corrupt');
    const other = new BuiltTypedKernel(new BuiltBtf());
    expect(failureOf(() => new XarrayWalker(other.typed)).kind).toBe('missingInfo');
  });
});
