import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructType } from '../types/struct-type.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** PAGECACHE_TAG_DIRTY is XA_MARK_0 (include/linux/fs.h) */
const DIRTY = 0;
/** XA_CHUNK_SHIFT times as many as an index has bits. */
const DEPTH_LIMIT = 16;
/** Nodes looked at of all files together: 2^21 are 512 GiB of dirty pages. */
const NODES_LIMIT = 1 << 21;
/** Lower bits of xa_flags are XA_FLAGS_TRACK_FREE and the like; __GFP_BITS_SHIFT is 23 at least. */
const FIRST_MARK_BIT = 22;
/** As in xa_is_node(): entries up to here that look like nodes are marks of another kind. */
const LAST_RESERVED = 4096n;

/** Where a node has its members; bytes. */
interface NodeLayout {
  readonly shift: number;
  /** undefined where the types do not tell. */
  readonly array: number | undefined;
  readonly slots: number;
  readonly marks: number;
  readonly count: number;
  readonly size: number;
}

/**
 * Counts the pages of the page cache that are marked as dirty: those that the kernel would write back. File systems that
 * live in memory (ramfs, tmpfs) set PG_dirty and no mark, for nothing is to be written.
 */
export class CacheMarks {
  readonly #typed: TypedKernel;
  /** Where an address_space has its xarray, and this its first entry and its flags; bytes. */
  readonly #pages: bigint;
  readonly #head: bigint;
  readonly #flags: bigint;
  readonly #node: NodeLayout;
  readonly #most: number;
  #left: number;

  /** @param most nodes that are looked at of all files together; @throws InspectError missingInfo */
  constructor(typed: TypedKernel, most = NODES_LIMIT) {
    const node: StructType = typed.types.struct('xa_node');
    const slots = node.field('slots');
    const pages = typed.types.struct('address_space').offsetOf('i_pages');
    const array = typed.types.struct('xarray');
    this.#most = most;
    this.#left = most;
    this.#typed = typed;
    this.#pages = BigInt(pages);
    this.#head = BigInt(pages + array.offsetOf('xa_head'));
    this.#flags = BigInt(pages + array.offsetOf('xa_flags'));
    this.#node = {
      shift: node.placeOf('shift', 1),
      array: node.find('array')?.offset,
      slots: slots.offset,
      marks: node.placeOf('marks', 8),
      count: Math.min(64, Math.floor(slots.size / 8)),
      size: node.size,
    };
  }

  /** Dirty pages of an address_space. @throws InspectError notMapped, notStored or corrupt */
  dirtyPages(mapping: bigint): number {
    const head = this.#typed.space.u64(mapping + this.#head);
    if (isNode(head)) return this.#count(mapping, head - 2n, 0);
    return (head & 3n) === 0n && head !== 0n && this.#isOnlyPageDirty(mapping, head) ? 1 : 0;
  }

  /**
   * A file's only page needs no node: its marks are the upper bits of xa_flags, but which of them says dirty depends on
   * the configuration (__GFP_BITS_SHIFT). So the page is asked, where there is any mark at all.
   */
  #isOnlyPageDirty(mapping: bigint, page: bigint): boolean {
    const { space, types } = this.#typed;
    if (space.u32(mapping + this.#flags) >>> FIRST_MARK_BIT === 0) return false;
    const dirty = types.enumerator('PG_dirty');
    return dirty !== undefined && ((space.u64(page) >> dirty) & 1n) === 1n;
  }

  #count(mapping: bigint, address: bigint, depth: number): number {
    const { shift, slots, marks, count, size } = this.#node;
    if (depth > DEPTH_LIMIT)
      throw new InspectError('corrupt', 'the xarray of a file has no end', { address });
    if (this.#left-- <= 0) {
      const what = `the xarrays of all files have more than ${this.#most} nodes with dirty pages`;
      throw new InspectError('corrupt', what, { address });
    }
    const view = new DataView(this.#typed.space.bytes(address, size).buffer);
    this.#requireNode(mapping, address, view);
    const marked = view.getBigUint64(marks + 8 * DIRTY * Math.ceil(count / 64), true);
    let pages = 0;
    for (let slot = 0; marked >> BigInt(slot) && slot < count; slot++) {
      if (!((marked >> BigInt(slot)) & 1n)) continue;
      const entry = view.getBigUint64(slots + 8 * slot, true);
      pages += isNode(entry)
        ? this.#count(mapping, entry - 2n, depth + 1)
        : this.#slotsOf(view, slot) * 2 ** view.getUint8(shift);
    }
    return pages;
  }

  /** A node names the xarray that it is of (xas_alloc); one of a running kernel may be another's by now. */
  #requireNode(mapping: bigint, address: bigint, view: DataView): void {
    const { array } = this.#node;
    if (array === undefined || this.#typed.space.live) return;
    if (view.getBigUint64(array, true) === mapping + this.#pages) return;
    const what = `the node at ${hex(address)} is not one of the xarray of the file at ${hex(mapping)}`;
    throw new InspectError('corrupt', what, { address });
  }

  /** An entry of several slots is marked in its first; the others name that one (sibling entries). */
  #slotsOf(view: DataView, slot: number): number {
    const sibling = BigInt((slot << 2) | 2);
    let end = slot + 1;
    while (end < this.#node.count && view.getBigUint64(this.#node.slots + 8 * end, true) === sibling) end++;
    return end - slot;
  }
}

function isNode(entry: bigint): boolean {
  return (entry & 3n) === 2n && entry > LAST_RESERVED;
}
