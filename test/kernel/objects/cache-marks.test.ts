import { describe, expect, it } from 'vitest';
import { CacheMarks } from '../../../src/kernel/objects/cache-marks.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { packed } from '../../builders/encode.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const SLOTS = 64;
const NODE = { shift: 0, offset: 1, parent: 8, slots: 40, marks: 40 + 8 * SLOTS } as const;
const MAPPING = 0x100;
/** i_pages in address_space, and in it xa_flags and xa_head. */
const PAGES = { at: 8, flags: 4, head: 8 } as const;
const PG_DIRTY = 4;
/** XA_FLAGS_MARK(0) with the smallest __GFP_BITS_SHIFT of any kernel. */
const MARKED = 1 << 23;
/** A struct page: aligned, in the vmemmap. */
const PAGE = 0xffff_ea00_0000_1000n;
/** XA_RETRY_ENTRY of include/linux/xarray.h */
const RETRY = 1026n;

/** If `dirty` is false, the types lack PG_dirty. */
function types(dirty: boolean): BuiltBtf {
  const btf = new BuiltBtf();
  const u8 = btf.int('unsigned char', 1);
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const pointer = btf.pointer(0);
  const array = btf.struct('xarray', 16, [
    ['xa_flags', u32, PAGES.flags],
    ['xa_head', pointer, PAGES.head],
  ]);
  btf.struct('address_space', 32, [['i_pages', array, PAGES.at]]);
  btf.struct('xa_node', NODE.marks + 24, [
    ['shift', u8, NODE.shift],
    ['offset', u8, NODE.offset],
    ['parent', pointer, NODE.parent],
    ['slots', btf.array(pointer, SLOTS), NODE.slots],
    ['marks', btf.array(btf.array(u64, 1), 3), NODE.marks],
  ]);
  btf.enum('pageflags', [['PG_locked', 0], ...(dirty ? [['PG_dirty', PG_DIRTY] as const] : [])]);
  return btf;
}

interface Slot {
  readonly entry: bigint;
  readonly dirty?: boolean;
}

/** A built page cache of one file: node i at 0x1000 * (i + 1). */
class BuiltCache {
  readonly built: BuiltTypedKernel;
  /** Parent and slot of each node. */
  readonly #parents = new Map<number, { readonly node: number; readonly slot: number }>();

  constructor(dirty = true) {
    this.built = new BuiltTypedKernel(types(dirty));
  }

  head(entry: bigint, flags = 0): this {
    const head = packed(16, [
      [PAGES.flags, 4, flags],
      [PAGES.head, 8, entry],
    ]);
    this.built.write(MAPPING + PAGES.at, head);
    return this;
  }

  /** The entry for node i in a slot. */
  to(i: number): bigint {
    return this.built.at(0x1000 * (i + 1)) | 2n;
  }

  node(i: number, shift: number, slots: Readonly<Record<number, Slot>>): this {
    const entries = Object.entries(slots);
    for (const [slot, { entry }] of entries) {
      if ((entry & 3n) !== 2n || entry < this.to(0)) continue;
      const below = Number((entry - this.to(0)) / 0x1000n);
      this.#parents.set(below, { node: i, slot: Number(slot) });
    }
    const parent = this.#parents.get(i);
    const marks = entries.reduce((bits, [at, { dirty }]) => bits | (dirty ? 1n << BigInt(at) : 0n), 0n);
    const bytes = packed(NODE.marks + 24, [
      [NODE.shift, 1, shift],
      [NODE.offset, 1, parent?.slot ?? 0],
      [NODE.parent, 8, parent && parent.node !== i ? this.to(parent.node) - 2n : 0n],
      [NODE.marks, 8, marks],
      // XA_MARK_1 and 2 (towrite, writeback) are not counted.
      [NODE.marks + 8, 8, 2n ** 64n - 1n],
      ...entries.map(([at, { entry }]) => [NODE.slots + 8 * Number(at), 8, entry] as const),
    ]);
    this.built.write(0x1000 * (i + 1), bytes);
    return this;
  }

  /** A page with these flags, at an address in the data. */
  page(flags: bigint): bigint {
    this.built.writeU64(0x4_0000, flags);
    return this.built.at(0x4_0000);
  }

  get dirty(): number {
    return new CacheMarks(this.built.typed).dirtyPages(this.built.at(MAPPING));
  }
}

const page = (n: number, dirty = true): Slot => ({ entry: PAGE + BigInt(64 * n), dirty });

describe('the dirty pages of a file', () => {
  it('are the marked ones, and none for a file without pages', () => {
    expect(new BuiltCache().head(0n, MARKED).dirty).toBe(0);
    const cache = new BuiltCache();
    cache.head(cache.to(0)).node(0, 0, { 0: page(0), 1: page(1, false), 3: page(3), 63: page(63) });
    expect(cache.dirty).toBe(3);
  });

  it('are counted only below marked nodes, as the kernel finds them', () => {
    const cache = new BuiltCache();
    cache.head(cache.to(0));
    cache.node(0, 6, { 0: { entry: cache.to(1), dirty: true }, 1: { entry: cache.to(2) } });
    cache.node(1, 0, { 5: page(5), 6: page(6) }).node(2, 0, { 0: page(64) });
    expect(cache.dirty).toBe(2);
  });

  it('of a folio are all its pages, however many slots it takes', () => {
    const cache = new BuiltCache();
    const sibling = (slot: number): Slot => ({ entry: BigInt((slot << 2) | 2) });
    cache.head(cache.to(0));
    // A folio of 2 MiB takes eight slots of 64 pages; one of 16 KiB four slots of one.
    const siblings = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [9 + i, sibling(8)]));
    cache.node(0, 6, { 0: { entry: cache.to(1), dirty: true }, 8: page(0), ...siblings });
    expect(
      cache.node(1, 0, { 4: page(1), 5: sibling(4), 6: sibling(4), 7: sibling(4), 8: page(8) }).dirty,
    ).toBe(512 + 4 + 1);
    const last = new BuiltCache();
    const ends = { 62: page(1), 63: sibling(62) };
    expect(last.head(last.to(0)).node(0, 0, ends).dirty).toBe(2);
  });

  it('of a file with one page are given by the page itself if there is any mark', () => {
    const cache = new BuiltCache();
    const [dirty, clean] = [1n << BigInt(PG_DIRTY), ~(1n << BigInt(PG_DIRTY))];
    expect(cache.head(cache.page(dirty), MARKED).dirty).toBe(1);
    expect(cache.head(cache.page(dirty), 1).dirty).toBe(0);
    expect(cache.head(cache.page(BigInt.asUintN(64, clean)), MARKED).dirty).toBe(0);
  });

  it('are none if PG_dirty is unknown or the entry is not a page', () => {
    const untold = new BuiltCache(false);
    expect(untold.head(untold.page(2n ** 64n - 1n), MARKED).dirty).toBe(0);
    // The shadow of a reclaimed page (xa_mk_value), and a special entry of the xarray itself.
    for (const entry of [(7n << 1n) | 1n, RETRY]) expect(new BuiltCache().head(entry, MARKED).dirty).toBe(0);
  });

  it('are searched for up to a limit of nodes over all files', () => {
    const cache = new BuiltCache();
    cache.head(cache.to(0)).node(0, 0, { 0: page(0) });
    const marks = new CacheMarks(cache.built.typed, 2);
    const count = () => marks.dirtyPages(cache.built.at(MAPPING));
    expect([count(), count()]).toEqual([1, 1]);
    const { kind, message } = failureOf(count);
    expect([kind, message]).toEqual([
      'corrupt',
      'the xarrays of all files have more than 2 nodes with dirty pages',
    ]);
  });

  it('are not counted for ever if nodes lead to themselves', () => {
    const cache = new BuiltCache();
    cache.head(cache.to(0)).node(0, 6, { 0: { entry: cache.to(0), dirty: true } });
    expect(failureOf(() => cache.dirty)).toMatchObject({
      kind: 'corrupt',
      facts: { address: expect.any(BigInt) },
    });
  });
});
