import { describe, expect, it } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import type { SlabCgroupKeys } from '../../../src/pages/attribution/cgroup-keys.ts';
import { OwnerTable } from '../../../src/pages/attribution/owner-table.ts';
import { SlabCharges } from '../../../src/pages/attribution/slab-charges.ts';

const VECTOR = 0xffff_8880_0000_1000n;
const CACHE = 0xffff_8880_0000_2000n;
const [A, B] = [0xffff_8880_0000_a000n, 0xffff_8880_0000_b000n];
const SIZE = 64;
/** What each object is charged with: itself, and the pointer to its obj_cgroup (obj_full_size). */
const CHARGED = SIZE + 8;

const KEYS: SlabCgroupKeys = {
  ...{ vector: 0, cache: 2, counters: 4, cacheSize: 24 },
  ...{ entry: 8, pointer: 0, inObject: { word: 0, mask: 0 }, stride: -1 },
};

/** A vector at VECTOR with 64-bit words, and the size of the cache's objects. */
function memoryOf(words: ReadonlyMap<number, bigint>) {
  return {
    u32: (address: bigint) => {
      if (address === CACHE + 24n) return SIZE;
      throw new InspectError('notMapped', 'no cache');
    },
    read: (address: bigint, into: Uint8Array) => {
      if (address !== VECTOR) throw new InspectError('notMapped', 'no vector');
      into.fill(0);
      const view = new DataView(into.buffer, into.byteOffset, into.length);
      for (const [at, word] of words) if (at + 8 <= into.length) view.setBigUint64(at, word, true);
    },
  };
}

/** The struct page of a slab: pointers to its vector and its cache, and the number of its objects. */
function slab({ vector = VECTOR | 1n, cache = CACHE, objects = 4, more = 0 } = {}): Int32Array {
  const words = new BigUint64Array([vector, cache, (BigInt(more) << 32n) | BigInt(objects << 16)]);
  return new Int32Array(words.buffer);
}

function charged(keys: SlabCgroupKeys, words: ReadonlyMap<number, bigint>, page: Int32Array) {
  const charges = new SlabCharges(memoryOf(words), keys);
  charges.add(page, 0);
  const { bytes, unread } = charges.counts;
  const table = OwnerTable.of(bytes);
  return { a: table.pagesOf(A), b: table.pagesOf(B), owners: table.size, unread };
}

const NONE = { a: 0, b: 0, owners: 0 };

describe('the charges of a slab', () => {
  it('are those of each object that names an obj_cgroup', () => {
    const words = new Map([
      [0, A],
      [8, B],
      [24, A],
    ]);
    expect(charged(KEYS, words, slab())).toEqual({ a: 2 * CHARGED, b: CHARGED, owners: 2, unread: 0 });
  });

  it('are none in a slab without a vector', () => {
    expect(charged(KEYS, new Map([[0, A]]), slab({ vector: 0n }))).toEqual({ ...NONE, unread: 0 });
  });

  it('are in structures with other members (memory profiling)', () => {
    const keys = { ...KEYS, entry: 16, pointer: 0 };
    const words = new Map([
      [0, A],
      [8, 0x1234n],
      [16, B],
    ]);
    expect(charged(keys, words, slab())).toEqual({ a: CHARGED, b: CHARGED, owners: 2, unread: 0 });
  });

  it('are in the objects themselves where the slab says so (7.3), or where the entries are that far apart', () => {
    const words = new Map([
      [0, A],
      [8, 0x1234n],
      [3 * SIZE, B],
    ]);
    const expected = { a: CHARGED, b: CHARGED, owners: 2, unread: 0 };
    const flagged = { ...KEYS, inObject: { word: 5, mask: 1 } };
    expect(charged(flagged, words, slab({ more: 1 }))).toEqual(expected);
    expect(charged({ ...KEYS, stride: 5 }, words, slab({ more: SIZE }))).toEqual(expected);
  });

  it.each([
    ['a vector that is not mapped', KEYS, slab({ vector: 0xffff_8880_dead_0001n })],
    ['a cache that is not mapped', KEYS, slab({ cache: 0xffff_8880_dead_0000n })],
    ['no objects', KEYS, slab({ objects: 0 })],
    ['a vector larger than any slab', { ...KEYS, stride: 5 }, slab({ objects: 0x7fff, more: 1 << 20 })],
    ['entries that overlap', { ...KEYS, stride: 5 }, slab({ more: 4 })],
    ['entries that are not aligned', { ...KEYS, stride: 5 }, slab({ more: 13 })],
  ])('are unknown with %s', (_, keys, page) => {
    expect(charged(keys, new Map([[0, A]]), page)).toEqual({ ...NONE, unread: 1 });
  });

  it('are unknown, all of them, if one entry is not an address of the kernel', () => {
    for (const wrong of [0x1234n, A + 1n, 0x7fff_0000_0000_0000n]) {
      const words = new Map([
        [0, A],
        [8, wrong],
      ]);
      expect(charged(KEYS, words, slab())).toEqual({ ...NONE, unread: 1 });
    }
  });
});
