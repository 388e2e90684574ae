import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isNode } from './xa-node.ts';
import { XarrayWalker } from './xarray.ts';

/** PAGECACHE_TAG_DIRTY is XA_MARK_0 (include/linux/fs.h) */
const DIRTY = 0;
/** Limit of nodes to read, over all files: 2^21 are 512 GiB of dirty pages. */
const NODES_LIMIT = 1 << 21;
/** Lower bits of xa_flags are XA_FLAGS_TRACK_FREE and the like; __GFP_BITS_SHIFT is at least 23. */
const FIRST_MARK_BIT = 22;

/**
 * Counts the pages of the page cache that are marked dirty: those that the kernel would write back. File
 * systems in memory (ramfs, tmpfs) set PG_dirty but no mark, because nothing is to be written.
 */
export class CacheMarks {
  readonly #typed: TypedKernel;
  readonly #walker: XarrayWalker;
  /** Bytes from an address_space to its xarray, and to that one's first entry and flags. */
  readonly #pages: bigint;
  readonly #head: bigint;
  readonly #flags: bigint;
  /** Bytes from a node to the pointer to its xarray; undefined if the types lack it. */
  readonly #array: number | undefined;
  readonly #most: number;
  #left: number;

  /**
   * @param most limit of nodes to read, over all files
   * @throws InspectError missingInfo
   */
  constructor(typed: TypedKernel, most = NODES_LIMIT) {
    const pages = typed.types.struct('address_space').offsetOf('i_pages');
    const array = typed.types.struct('xarray');
    this.#most = most;
    this.#left = most;
    this.#typed = typed;
    this.#walker = new XarrayWalker(typed);
    this.#pages = BigInt(pages);
    this.#head = BigInt(pages + array.offsetOf('xa_head'));
    this.#flags = BigInt(pages + array.offsetOf('xa_flags'));
    this.#array = typed.types.struct('xa_node').find('array')?.offset;
  }

  /**
   * Returns the number of dirty pages of an address_space.
   * @throws InspectError notMapped, notStored or corrupt
   */
  dirtyPages(mapping: bigint): number {
    const head = this.#typed.space.u64(mapping + this.#head);
    if (!isNode(head))
      return (head & 3n) === 0n && head !== 0n && this.#isOnlyPageDirty(mapping, head) ? 1 : 0;
    let pages = 0;
    const add = (_index: number, _entry: bigint, indexes: number) => {
      pages += indexes;
    };
    const onNode = (address: bigint, view: DataView) => this.#requireNode(mapping, address, view);
    const [broken] = this.#walker.walk(mapping + this.#pages, add, { mark: DIRTY, onNode });
    if (broken?.error) throw broken.error;
    return pages;
  }

  /**
   * A file's only page needs no node. Its marks are the upper bits of xa_flags, but which one means dirty
   * depends on the configuration (__GFP_BITS_SHIFT). So if there is any mark, the page's own flag decides.
   */
  #isOnlyPageDirty(mapping: bigint, page: bigint): boolean {
    const { space, types } = this.#typed;
    if (space.u32(mapping + this.#flags) >>> FIRST_MARK_BIT === 0) return false;
    const dirty = types.enumerator('PG_dirty');
    return dirty !== undefined && ((space.u64(page) >> dirty) & 1n) === 1n;
  }

  /**
   * Checks that a node names its xarray (xas_alloc); in a running kernel it may belong to another one by now.
   */
  #requireNode(mapping: bigint, address: bigint, view: DataView): void {
    if (this.#left-- <= 0) {
      const what = `the xarrays of all files have more than ${this.#most} nodes with dirty pages`;
      throw new InspectError('corrupt', what, { address });
    }
    if (this.#array === undefined || this.#typed.space.live) return;
    if (view.getBigUint64(this.#array, true) === mapping + this.#pages) return;
    const what = `the node at ${hex(address)} does not belong to the xarray of the file at ${hex(mapping)}`;
    throw new InspectError('corrupt', what, { address });
  }
}
