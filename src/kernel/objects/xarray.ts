import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break } from './list.ts';

/** xa_is_node() of include/linux/xarray.h: an internal entry (low bits 10) above the last that is no address. */
const LAST_RESERVED = 4096n;
const INDEX_BITS = 64;

/** Gets what an xarray has at an index, which is exact below 2^53; returns false to walk no further. */
export type Visit = (index: number, entry: bigint) => unknown;

/** Where a node has its members; bytes. */
interface NodeLayout {
  readonly shift: number;
  readonly offset: number;
  readonly parent: number;
  readonly slots: number;
  readonly count: number;
  readonly size: number;
}

/** Where a node is expected, by what leads to it. */
interface Position {
  readonly address: bigint;
  /** The node above, 0n for the first. */
  readonly parent: bigint;
  readonly slot: number;
  /** Index of the first entry below it. */
  readonly index: number;
  readonly depth: number;
}

interface Node {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * Walks xarrays (lib/xarray.c), and with them IDRs and radix trees, which are xarrays since 4.20. An entry that takes
 * several indexes is visited once, at its first. Each node says which slot of which node leads to it, which is checked:
 * so none is visited twice, whatever the memory holds.
 */
export class XarrayWalker {
  readonly #space: AddressSpace;
  readonly #head: bigint;
  readonly #layout: NodeLayout;
  readonly #bitsPerLevel: number;
  /** The node of each level, read into the same bytes every time. */
  readonly #levels: Node[] = [];

  /** @throws InspectError missingInfo, when this kernel has no xarrays */
  constructor({ space, types }: TypedKernel) {
    this.#space = space;
    this.#head = BigInt(types.struct('xarray').offsetOf('xa_head'));
    const node = types.struct('xa_node');
    const slots = node.field('slots');
    const count = slots.size / 8;
    if ((count !== 16 && count !== 64) || node.size > PAGE_SIZE) {
      throw new InspectError('corrupt', `BTF: xa_node has ${count} slots and ${node.size} bytes`);
    }
    this.#layout = {
      shift: node.placeOf('shift', 1),
      offset: node.placeOf('offset', 1),
      parent: node.placeOf('parent', 8),
      slots: slots.offset,
      count,
      size: node.size,
    };
    this.#bitsPerLevel = Math.log2(count);
  }

  /**
   * Visits what an xarray holds, in the order of the indexes. @param root address of a struct xarray
   * @returns what could not be followed; the rest was visited
   * @throws InspectError notMapped or notStored, when the root itself cannot be read
   */
  walk(root: bigint, visit: Visit): Break[] {
    const broken: Break[] = [];
    const head = this.#space.u64(root + this.#head);
    if (isNode(head)) this.#walkNode(first(head), visit, broken);
    else if (head !== 0n && !isInternal(head)) visit(0, head);
    return broken;
  }

  /** The entry at an index, or 0n; reads only what leads to it. @throws InspectError notMapped, notStored, corrupt */
  load(root: bigint, index: number): bigint {
    const head = this.#space.u64(root + this.#head);
    if (!isNode(head)) return index === 0 && !isInternal(head) ? head : 0n;
    let at = first(head);
    for (;;) {
      const { view } = this.#read(at);
      const shift = view.getUint8(this.#layout.shift);
      const slot = Math.floor((index - at.index) / 2 ** shift);
      if (slot >= this.#layout.count) return 0n;
      const entry = this.#canonical(view, this.#slot(view, slot));
      if (!isNode(entry)) return isInternal(entry) ? 0n : entry;
      at = below(at, entry, slot, shift);
    }
  }

  /** A sibling entry stands in all but the first slot of an entry that takes several, and names the first. */
  #canonical(view: DataView, entry: bigint): bigint {
    const isSibling = isInternal(entry) && entry >> 2n < BigInt(this.#layout.count);
    return isSibling ? this.#slot(view, Number(entry >> 2n)) : entry;
  }

  #walkNode(at: Position, visit: Visit, broken: Break[]): boolean {
    const node = this.#tryRead(at, broken);
    if (!node) return true;
    const shift = node.view.getUint8(this.#layout.shift);
    for (let slot = 0; slot < this.#layout.count; slot++) {
      const entry = this.#slot(node.view, slot);
      if (entry === 0n) continue;
      if (isNode(entry)) {
        if (!this.#walkNode(below(at, entry, slot, shift), visit, broken)) return false;
      } else if (!isInternal(entry) && visit(at.index + slot * 2 ** shift, entry) === false) return false;
    }
    return true;
  }

  #slot(view: DataView, slot: number): bigint {
    return view.getBigUint64(this.#layout.slots + 8 * slot, true);
  }

  #tryRead(at: Position, broken: Break[]): Node | undefined {
    try {
      return this.#read(at);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      broken.push({ address: at.address, reason: error.message });
      return undefined;
    }
  }

  #read(at: Position): Node {
    const node = this.#levels[at.depth] ?? makeNode(this.#layout.size);
    this.#levels[at.depth] = node;
    this.#space.read(at.address, node.bytes);
    const wrong = this.#refute(at, node.view);
    if (wrong === undefined) return node;
    const message = `the xarray node at ${hex(at.address)} ${wrong}`;
    throw new InspectError('corrupt', message, { address: at.address });
  }

  #refute(at: Position, view: DataView): string | undefined {
    const parent = view.getBigUint64(this.#layout.parent, true);
    const slot = view.getUint8(this.#layout.offset);
    const shift = view.getUint8(this.#layout.shift);
    if (parent !== at.parent) return `has the parent ${hex(parent)}, not ${hex(at.parent)}`;
    if (slot !== at.slot) return `says that it is in slot ${slot}, not ${at.slot}`;
    const above = at.depth === 0 ? undefined : this.#levels[at.depth - 1]?.view.getUint8(this.#layout.shift);
    const wanted = above === undefined ? shift : above - this.#bitsPerLevel;
    if (shift !== wanted || shift >= INDEX_BITS) return `has shift ${shift} under ${above ?? 'the root'}`;
    return undefined;
  }
}

function first(head: bigint): Position {
  return { address: head - 2n, parent: 0n, slot: 0, index: 0, depth: 0 };
}

function below(at: Position, entry: bigint, slot: number, shift: number): Position {
  return {
    address: entry - 2n,
    parent: at.address,
    slot,
    index: at.index + slot * 2 ** shift,
    depth: at.depth + 1,
  };
}

function makeNode(size: number): Node {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** xa_is_internal(): nodes, siblings, and marks such as "retry". */
function isInternal(entry: bigint): boolean {
  return (entry & 3n) === 2n;
}

function isNode(entry: bigint): boolean {
  return isInternal(entry) && entry > LAST_RESERVED;
}
