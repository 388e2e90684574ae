import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Break } from './list.ts';
import {
  below,
  first,
  isInternal,
  isNode,
  makeNode,
  type Node,
  type NodeLayout,
  nodeLayout,
  type Position,
} from './xa-node.ts';

const INDEX_BITS = 64;
const ALL = (1n << 64n) - 1n;

/**
 * Gets an entry, its index (exact below 2^53), and the number of indexes that it takes; returns false to end
 * the walk.
 */
export type Visit = (index: number, entry: bigint, indexes: number) => unknown;

/** Which part of an xarray to walk. */
export interface Part {
  /** Visits only entries with this mark (xa_mark_t), which all nodes above them have, too. */
  readonly mark?: number;
  /** Called for each node before it is walked, with its contents; what it throws ends the walk. */
  readonly onNode?: (address: bigint, view: DataView) => void;
}

interface Walk extends Part {
  readonly visit: Visit;
  readonly broken: Break[];
}

/**
 * Walks xarrays (lib/xarray.c), including IDRs and radix trees, which are xarrays since 4.20. An entry that
 * takes several indexes is visited once, at its first. Each node records its parent and slot, which are
 * checked, so no node is visited twice, whatever the memory holds.
 */
export class XarrayWalker {
  readonly #space: AddressSpace;
  readonly #head: bigint;
  readonly #layout: NodeLayout;
  readonly #bitsPerLevel: number;
  /** A buffer per level, for the current node of that level. */
  readonly #levels: Node[] = [];

  /** @throws InspectError missingInfo if this kernel has no xarrays */
  constructor({ space, types }: TypedKernel) {
    this.#space = space;
    this.#head = BigInt(types.struct('xarray').offsetOf('xa_head'));
    this.#layout = nodeLayout(types);
    this.#bitsPerLevel = Math.log2(this.#layout.count);
  }

  /**
   * Visits the entries of an xarray in the order of their indexes.
   * @param root address of a struct xarray
   * @returns what could not be followed; the rest was visited
   * @throws InspectError notMapped or notStored if the root itself cannot be read
   */
  walk(root: bigint, visit: Visit, part: Part = {}): Break[] {
    const broken: Break[] = [];
    const head = this.#space.u64(root + this.#head);
    if (isNode(head)) this.#walkNode(first(head), { visit, broken, ...part });
    else if (head !== 0n && !isInternal(head)) visit(0, head, 1);
    return broken;
  }

  /**
   * Returns the entry at an index, or 0n; reads only the nodes on its path.
   * @throws InspectError notMapped, notStored, corrupt
   */
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

  /**
   * Resolves a sibling entry: an entry of several slots is stored in the first, and the other slots refer to
   * that one.
   */
  #canonical(view: DataView, entry: bigint): bigint {
    const isSibling = isInternal(entry) && entry >> 2n < BigInt(this.#layout.count);
    return isSibling ? this.#slot(view, Number(entry >> 2n)) : entry;
  }

  #walkNode(at: Position, walk: Walk): boolean {
    const node = this.#tryRead(at, walk.broken);
    if (!node) return true;
    const { view } = node;
    walk.onNode?.(at.address, view);
    const shift = view.getUint8(this.#layout.shift);
    const marked = walk.mark === undefined ? ALL : this.#marked(view, walk.mark);
    for (let slot = 0; slot < this.#layout.count; slot++) {
      if (!((marked >> BigInt(slot)) & 1n)) continue;
      const entry = this.#slot(view, slot);
      if (entry === 0n) continue;
      if (isNode(entry)) {
        if (!this.#walkNode(below(at, entry, slot, shift), walk)) return false;
      } else if (!isInternal(entry)) {
        const first = at.index + slot * 2 ** shift;
        if (walk.visit(first, entry, this.#slotsOf(view, slot) * 2 ** shift) === false) return false;
      }
    }
    return true;
  }

  /** Returns a bit per slot of a node. */
  #marked(view: DataView, mark: number): bigint {
    const { marks, count } = this.#layout;
    if (marks === undefined)
      throw new InspectError('missingInfo', 'BTF: xa_node has no marks', { key: 'xa_node.marks' });
    return view.getBigUint64(marks + 8 * mark * Math.ceil(count / 64), true);
  }

  /** Returns the number of slots that an entry takes: the following slots are its siblings. */
  #slotsOf(view: DataView, slot: number): number {
    const sibling = BigInt((slot << 2) | 2);
    let end = slot + 1;
    while (end < this.#layout.count && this.#slot(view, end) === sibling) end++;
    return end - slot;
  }

  #slot(view: DataView, slot: number): bigint {
    return view.getBigUint64(this.#layout.slots + 8 * slot, true);
  }

  #tryRead(at: Position, broken: Break[]): Node | undefined {
    try {
      return this.#read(at);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      broken.push({ address: at.address, reason: error.message, error });
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
    // In the root node xas_alloc() of lib/xarray.c does not set the slot, which may have any value.
    if (at.depth > 0 && slot !== at.slot) return `claims slot ${slot}, but is in slot ${at.slot}`;
    const above = at.depth === 0 ? undefined : this.#levels[at.depth - 1]?.view.getUint8(this.#layout.shift);
    const wanted = above === undefined ? shift : above - this.#bitsPerLevel;
    if (shift !== wanted || shift >= INDEX_BITS) return `has shift ${shift} under ${above ?? 'the root'}`;
    return undefined;
  }
}
