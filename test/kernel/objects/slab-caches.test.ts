import { describe, expect, test } from 'vitest';
import { readSlabCaches } from '../../../src/kernel/objects/slab-caches.ts';
import { BuiltBtf } from '../../builders/btf.ts';
import { failureOf } from '../../builders/failure.ts';
import { BuiltTypedKernel } from '../../builders/typed-kernel.ts';

/** Where things stand in the data of the made-up kernel; bytes. */
const AT = {
  head: 0,
  nodeIds: 0x40,
  cache: 0x100,
  second: 0x200,
  node: 0x300,
  other: 0x380,
  slab: 0x400,
  name: 0x800,
};
const NOWHERE = 0xffff_9999_0000_0000n;

/**
 * Since 7.0 each node's pointer is beside that of its barn (per_node); before 5.17 a slab was a page; a kernel without NUMA
 * has one node; one without CONFIG_SLUB_DEBUG counts nothing. Pointers of 4 bytes has none.
 */
type Form = 'node' | 'per_node' | 'SLAB' | 'page' | 'one node' | 'no counters' | 'narrow';

/** Types of a kernel whose caches have two nodes at most. */
function types(form: Form): BuiltBtf {
  const btf = new BuiltBtf();
  const int = btf.int('unsigned int', 4);
  const signed = btf.int('int', 4, { signed: true });
  const long = btf.int('long', 8, { signed: true });
  const pointer = btf.pointer(0);
  const list = btf.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 8],
  ]);
  const order = btf.struct('kmem_cache_order_objects', 4, [['x', int, 0]]);
  const perNode = btf.struct('kmem_cache_per_node_ptrs', 16, [
    ['barn', pointer, 0],
    ['node', pointer, 8],
  ]);
  btf.struct('kmem_cache', 128, [
    ['size', int, 0],
    ['object_size', int, 4],
    [form === 'SLAB' ? 'num' : 'oo', order, 8],
    ['refcount', signed, 12],
    ['name', pointer, 16],
    ['list', list, 24],
    form === 'per_node'
      ? ['per_node', btf.array(perNode, 2), 64]
      : ['node', btf.array(form === 'narrow' ? int : pointer, form === 'one node' ? 1 : 2), 64],
  ]);
  const counters = [
    ['nr_slabs', long, 16],
    ['total_objects', long, 24],
  ] as const;
  btf.struct('kmem_cache_node', 40, [['partial', list, 0], ...(form === 'no counters' ? [] : counters)]);
  btf.struct(form === 'page' ? 'page' : 'slab', 64, [
    ['slab_list', list, 16],
    ['inuse', int, 40 * 8, 16],
    ['objects', int, 42 * 8, 15],
  ]);
  return btf;
}

/** A cache of 21 objects of 192 bytes a page, with two slabs on its node of which one is in use in part. */
function built(form: Form = 'node', nodes = 1): BuiltTypedKernel {
  const symbols = { slab_caches: AT.head, ...(form === 'one node' ? {} : { nr_node_ids: AT.nodeIds }) };
  const kernel = new BuiltTypedKernel(types(form), symbols);
  const { at } = { at: (offset: number) => kernel.at(offset) };
  kernel.writeU64(AT.nodeIds, BigInt(nodes));
  kernel.linkList(AT.head, AT.cache + 24);
  kernel.writeU64(AT.cache, (200n << 32n) | 192n);
  kernel.writeU64(AT.cache + 8, (3n << 32n) | (0n << 16n) | 21n);
  kernel.writeU64(AT.cache + 16, at(AT.name));
  kernel.write(AT.name, Buffer.from('dentry\0'));
  kernel.writeU64(AT.cache + (form === 'per_node' ? 72 : 64), at(AT.node));
  kernel.linkList(AT.node, AT.slab + 16);
  kernel.writeU64(AT.node + 16, 2n);
  kernel.writeU64(AT.node + 24, 42n);
  kernel.writeU64(AT.slab + 40, (21n << 16n) | 17n);
  return kernel;
}

const DENTRY = {
  name: 'dentry',
  size: 192,
  objectSize: 200,
  objectsPerSlab: 21,
  pagesPerSlab: 1,
  slabs: 2,
  objects: 42,
  active: 38,
  aliases: 3,
  broken: [],
};

describe('slab caches', () => {
  test.each(['node', 'per_node', 'page', 'one node'] as const)('are read with their counters: %s', (form) => {
    const { caches, broken, unreadable } = readSlabCaches(built(form).typed);
    expect(caches).toEqual([{ ...DENTRY, address: built(form).at(AT.cache) }]);
    expect({ broken, unreadable }).toEqual({ broken: null, unreadable: [] });
  });

  test('have the sums of all their nodes', () => {
    const kernel = built('node', 2);
    kernel.writeU64(AT.cache + 72, kernel.at(AT.other));
    kernel.linkList(AT.other);
    kernel.writeU64(AT.other + 16, 5n);
    kernel.writeU64(AT.other + 24, 105n);
    expect(readSlabCaches(kernel.typed).caches[0]).toMatchObject({ slabs: 7, objects: 147, active: 143 });
  });

  test('are read where a node has none of them', () => {
    const kernel = built('node', 2);
    expect(readSlabCaches(kernel.typed).caches[0]).toMatchObject({ slabs: 2, objects: 42 });
  });

  test('do not say how many objects are active when a partial list is broken', () => {
    const kernel = built();
    kernel.writeU64(AT.slab + 16, NOWHERE);
    const [cache] = readSlabCaches(kernel.typed).caches;
    expect(cache).toMatchObject({ slabs: 2, objects: 42, active: null });
    expect(cache?.broken).toHaveLength(1);
    expect(cache?.broken[0]?.reason).toContain('0xffff999900000000 is not mapped');
  });

  test('that cannot be read do not hide the others', () => {
    const kernel = built();
    kernel.linkList(AT.head, AT.cache + 24, AT.second + 24);
    kernel.writeU64(AT.second + 8, 17n << 16n);
    const { caches, unreadable } = readSlabCaches(kernel.typed);
    expect(caches.map(({ name }) => name)).toEqual(['dentry']);
    expect(unreadable).toEqual([
      { address: kernel.at(AT.second + 24), reason: 'a slab of order 17 is none' },
    ]);
  });

  test('are not taken from a number of nodes that no kernel has', () => {
    expect(failureOf(() => readSlabCaches(built('node', 5000).typed))).toMatchObject({
      kind: 'corrupt',
      message: 'nr_node_ids is 5000, no number of nodes',
    });
  });

  test('have no counters in a kernel that keeps none, and are told all the same', () => {
    const [cache] = readSlabCaches(built('no counters').typed).caches;
    const none = { slabs: null, objects: null, active: null };
    expect(cache).toEqual({ ...DENTRY, ...none, address: built().at(AT.cache) });
  });

  test('are not taken from types in which two nodes share a pointer', () => {
    const { kind, message } = failureOf(() => readSlabCaches(built('narrow').typed));
    expect([kind, message]).toEqual(['corrupt', 'BTF: the elements of kmem_cache.node[0] have 4 bytes']);
  });

  test('of another allocator are not supported', () => {
    expect(failureOf(() => readSlabCaches(built('SLAB').typed)).kind).toBe('unsupported');
  });
});
