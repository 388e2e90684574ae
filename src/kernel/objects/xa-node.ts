import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { Types } from '../types/types.ts';

/**
 * xa_is_node() of include/linux/xarray.h: internal entries (low bits 10) up to this value are not addresses.
 */
const LAST_RESERVED = 4096n;

/** Offsets of a node's members in bytes. */
export interface NodeLayout {
  readonly shift: number;
  readonly offset: number;
  readonly parent: number;
  readonly slots: number;
  readonly marks: number | undefined;
  readonly count: number;
  readonly size: number;
}

/** @throws InspectError missingInfo if this kernel has no xarrays; corrupt */
export function nodeLayout(types: Types): NodeLayout {
  const node = types.struct('xa_node');
  const slots = node.field('slots');
  const count = slots.size / 8;
  if ((count !== 16 && count !== 64) || node.size > PAGE_SIZE) {
    throw new InspectError('corrupt', `BTF: xa_node has ${count} slots and ${node.size} bytes`);
  }
  return {
    shift: node.placeOf('shift', 1),
    offset: node.placeOf('offset', 1),
    parent: node.placeOf('parent', 8),
    slots: slots.offset,
    marks: node.find('marks')?.offset,
    count,
    size: node.size,
  };
}

/** Where a node should be, judged by what leads to it. */
export interface Position {
  readonly address: bigint;
  /** The parent node; 0n for the root node. */
  readonly parent: bigint;
  readonly slot: number;
  /** Index of the first entry below it. */
  readonly index: number;
  readonly depth: number;
}

export interface Node {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Returns the position of the root node of an xarray. */
export function first(head: bigint): Position {
  return { address: head - 2n, parent: 0n, slot: 0, index: 0, depth: 0 };
}

/** Returns the position of a child node. */
export function below(at: Position, entry: bigint, slot: number, shift: number): Position {
  return {
    address: entry - 2n,
    parent: at.address,
    slot,
    index: at.index + slot * 2 ** shift,
    depth: at.depth + 1,
  };
}

export function makeNode(size: number): Node {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** xa_is_internal(): nodes, siblings, and special entries such as "retry". */
export function isInternal(entry: bigint): boolean {
  return (entry & 3n) === 2n;
}

/** xa_is_node(): the entry is the address of a node plus 2. */
export function isNode(entry: bigint): boolean {
  return isInternal(entry) && entry > LAST_RESERVED;
}
