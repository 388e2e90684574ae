import { describe, expect, test } from 'vitest';
import { activeByLists, readSlabCaches } from '../../../src/kernel/slabs/slab-caches.ts';
import { failureOf } from '../../builders/failure.ts';
import { AT, type Form, SlabKernel } from '../../builders/slab-kernel.ts';

const NOWHERE = 0xffff_9999_0000_0000n;

/** A cache with two slabs on its node, one of them partly in use. */
function built(form: Form = 'node', nodes = 1): SlabKernel {
  const kernel = new SlabKernel({ form, nodes });
  kernel.slab(0, { inuse: 17, free: [3, 20, 0, 7] });
  kernel.node(AT.node, 2, 42, [0]);
  return kernel;
}

const NONE = { least: 0, most: 0 };
const DENTRY = {
  name: 'dentry',
  size: 192,
  objectSize: 200,
  objectsPerSlab: 21,
  pagesPerSlab: 1,
  slabs: 2,
  objects: 42,
  free: { onNodes: { least: 4, most: 4 }, onCpus: NONE, held: NONE, emptySlabs: 0 },
  aliases: 3,
  broken: [],
};

/** Returns all caches, with the objects in use if counters and lists determine them. */
function cachesOf(kernel: SlabKernel) {
  const { caches, ...others } = readSlabCaches(kernel.typed);
  const withActive = caches.map((cache) => {
    const active = activeByLists(cache);
    return { ...cache, active: active && active.least === active.most ? active.least : null };
  });
  return { caches: withActive, ...others };
}

describe('slab caches', () => {
  test.each(['node', 'per_node', 'page', 'one node'] as const)('are read with their counters: %s', (form) => {
    const { caches, broken, unreadable } = cachesOf(built(form));
    expect(caches).toMatchObject([{ ...DENTRY, active: 38, address: built(form).at(AT.cache) }]);
    expect({ broken, unreadable }).toEqual({ broken: null, unreadable: [] });
  });

  test('have the sums of all their nodes', () => {
    const kernel = built('node', 2);
    kernel.writeU64(AT.cache + 72, kernel.at(AT.other));
    kernel.node(AT.other, 5, 105, []);
    expect(cachesOf(kernel).caches[0]).toMatchObject({ slabs: 7, objects: 147, active: 143 });
  });

  test('are read if a node has none', () => {
    const kernel = built('node', 2);
    expect(cachesOf(kernel).caches[0]).toMatchObject({ slabs: 2, objects: 42 });
  });

  test('have an unknown number of active objects when a partial list is broken', () => {
    const kernel = built();
    kernel.writeU64(AT.node, NOWHERE);
    kernel.writeU64(AT.node + 8, NOWHERE);
    const [cache] = cachesOf(kernel).caches;
    expect(cache).toMatchObject({ slabs: 2, objects: 42, active: null });
    expect(cache?.broken).toHaveLength(1);
    expect(cache?.broken[0]?.reason).toContain('0xffff999900000000 is not mapped');
  });

  test('that cannot be read do not hide the others', () => {
    const kernel = built();
    kernel.linkList(AT.head, AT.cache + 24, AT.second + 24);
    kernel.writeU64(AT.second + 8, 17n << 16n);
    const { caches, unreadable } = cachesOf(kernel);
    expect(caches.map(({ name }) => name)).toEqual(['dentry']);
    expect(unreadable).toEqual([{ address: kernel.at(AT.second + 24), reason: 'implausible slab order 17' }]);
  });

  test('are not read with an impossible number of nodes', () => {
    expect(failureOf(() => readSlabCaches(built('node', 5000).typed))).toMatchObject({
      kind: 'corrupt',
      message: 'nr_node_ids is 5000, which is impossible',
    });
  });

  test('have no counters in a kernel without them, but are read', () => {
    const [cache] = cachesOf(built('no counters')).caches;
    const none = { slabs: null, objects: null, active: null };
    expect(cache).toMatchObject({ ...DENTRY, ...none, address: built().at(AT.cache) });
  });

  test('are not read with types in which two nodes share a pointer', () => {
    const { kind, message } = failureOf(() => readSlabCaches(built('narrow').typed));
    expect([kind, message]).toEqual(['corrupt', 'BTF: the elements of kmem_cache.node[0] have 4 bytes']);
  });

  test('of another allocator are not supported', () => {
    expect(failureOf(() => readSlabCaches(built('SLAB').typed)).kind).toBe('unsupported');
  });
});
