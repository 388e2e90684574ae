import { describe, expect, test } from 'vitest';
import { KfencePool } from '../../../src/kernel/slabs/kfence.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

const PAGE = 4096;
/** Offsets in the data of the built kernel, in bytes. The pool itself is in the direct map. */
const AT = { pool: 0, metadata: 0x100, cache: 0x40, name: 0x80 };
/** Bytes of a kfence_metadata. */
const ENTRY = 40;
const OBJECTS = 3;
const POOL_PHYSICAL = 0x10_0000;

function types(): BuiltBtf {
  const btf = new BuiltBtf();
  const int = btf.int('unsigned int', 4);
  const long = btf.int('unsigned long', 8);
  const pointer = btf.pointer(0);
  const state = btf.enum('kfence_object_state', [
    ['KFENCE_OBJECT_UNUSED', 0],
    ['KFENCE_OBJECT_ALLOCATED', 1],
    ['KFENCE_OBJECT_FREED', 2],
  ]);
  btf.struct('kfence_metadata', ENTRY, [
    ['lock', int, 0],
    ['state', state, 4],
    ['addr', long, 8],
    ['size', long, 16],
    ['cache', pointer, 24],
  ]);
  btf.struct('kmem_cache', 16, [['name', pointer, 8]]);
  return btf;
}

/**
 * A pool of three objects: the first in use, at the end of its page, the second freed, the third never used.
 */
function built(metadata: 'array' | 'pointer' = 'array'): { kernel: BuiltTypedKernel; begin: bigint } {
  const kernel = new BuiltTypedKernel(types(), {
    __kfence_pool: AT.pool,
    kfence_metadata: metadata === 'array' ? AT.metadata : AT.metadata - 8,
  });
  const begin = kernel.kernel.direct(POOL_PHYSICAL);
  kernel.writeU64(AT.pool, begin);
  kernel.writeU64(AT.metadata - 8, kernel.at(AT.metadata));
  kernel.writeU64(AT.cache + 8, kernel.at(AT.name));
  kernel.write(AT.name, Buffer.from('filp\0'));
  const entry = (i: number, state: number, inside: number, size: number) => {
    const at = AT.metadata + i * ENTRY;
    kernel.writeU64(at, BigInt(state) << 32n);
    kernel.writeU64(at + 8, begin + BigInt(2 * (i + 1) * PAGE + inside));
    kernel.writeU64(at + 16, BigInt(size));
    kernel.writeU64(at + 24, size === 0 ? 0n : kernel.at(AT.cache));
  };
  entry(0, 1, PAGE - 184, 184);
  entry(1, 2, 0, 184);
  entry(2, 0, 0, 0);
  return { kernel, begin };
}

describe('the KFENCE pool', () => {
  test.each(['array', 'pointer'] as const)('is found if its metadata is an %s', (metadata) => {
    const first = POOL_PHYSICAL / PAGE;
    const pool = KfencePool.of(built(metadata).kernel.typed);
    expect(pool?.pfns).toEqual({ start: first, end: first + 2 * (OBJECTS + 1) });
    expect([first - 1, first, first + 7, first + 8].map((pfn) => pool?.has(pfn))).toEqual([
      ...[false, true, true, false],
    ]);
  });

  test('gives the objects of its pages, and the guard pages', () => {
    const { kernel, begin } = built();
    const pool = KfencePool.of(kernel.typed);
    const at = (page: number) => pool?.objectAt(POOL_PHYSICAL / PAGE + page);
    const cache = { address: kernel.at(AT.cache), name: 'filp' };
    const used = begin + BigInt(3 * PAGE - 184);
    expect(at(2)).toEqual({ index: 0, address: used, size: 184, state: 'allocated', cache });
    expect(at(4)).toMatchObject({ index: 1, state: 'freed', cache });
    expect(at(6)).toMatchObject({ index: 2, state: 'unused', cache: null });
    expect([0, 1, 3, 5, 7].map(at)).toEqual([null, null, null, null, null]);
  });

  test('translates addresses that are not mapped', () => {
    const { kernel, begin } = built();
    const pool = KfencePool.of(kernel.typed);
    expect(pool?.physicalOf(begin + 0x4f40n)).toBe(POOL_PHYSICAL + 0x4f40);
    expect([begin - 1n, begin + BigInt(8 * PAGE)].map((address) => pool?.physicalOf(address))).toEqual([
      ...[null, null],
    ]);
  });

  test('is null if KFENCE is off or absent', () => {
    const { kernel } = built();
    kernel.writeU64(AT.pool, 0n);
    expect(KfencePool.of(kernel.typed)).toBeNull();
    expect(KfencePool.of(new BuiltTypedKernel(types()).typed)).toBeNull();
  });

  test('is not believed without matching metadata', () => {
    const { kernel } = built();
    kernel.writeU64(AT.metadata + 8, 0x1000n);
    expect(failureOf(() => KfencePool.of(kernel.typed)).kind).toBe('corrupt');
  });
});
