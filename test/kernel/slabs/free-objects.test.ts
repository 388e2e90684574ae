import { describe, expect, test } from 'vitest';
import { activeByLists, readSlabCaches } from '../../../src/kernel/slabs/slab-caches.ts';
import { AT, OBJECTS, SlabKernel } from '../../builders/slab-kernel.ts';

function dentries(kernel: SlabKernel, looks?: number) {
  const [cache] = readSlabCaches(kernel.typed, looks).caches;
  if (!cache) throw new Error('the cache cannot be read');
  return { ...cache, active: activeByLists(cache), reasons: cache.broken.map(({ reason }) => reason) };
}

const range = (least: number, most = least) => ({ least, most });

/** A cache with one slab on the partial list, with `inuse` objects in use and `free` ones on its freelist. */
function partial(inuse: number, free: readonly number[], change?: (kernel: SlabKernel) => void): SlabKernel {
  const kernel = new SlabKernel();
  kernel.slab(0, { inuse, free });
  kernel.node(AT.node, 1, OBJECTS, [0]);
  change?.(kernel);
  return kernel;
}

describe('free objects of slabs on partial lists', () => {
  test.each(['none', 'address', 'swapped'] as const)(
    'are followed with obfuscated pointers: %s',
    (hardening) => {
      const kernel = new SlabKernel({ hardening });
      kernel.slab(0, { inuse: 18, free: [20, 0, 9] });
      kernel.node(AT.node, 1, OBJECTS, [0]);
      expect(dentries(kernel)).toMatchObject({ active: range(18), reasons: [] });
    },
  );

  test("are between the slab's count and its freelist's if these differ", () => {
    const { active, reasons } = dentries(partial(17, [20, 0, 9]));
    expect(active).toEqual(range(17, 18));
    expect(reasons).toEqual(['its freelist has 3 objects, but its counters have 4 free']);
  });

  test.each([
    [
      'leads outside the slab',
      (k: SlabKernel) => k.chain(0, [20, 0, 9], k.object(1, 0)),
      /not one of its objects/,
    ],
    [
      'leads into an object',
      (k: SlabKernel) => k.chain(0, [20, 0, 9], k.object(0, 2) + 8n),
      /not one of its/,
    ],
    ['runs in a circle', (k: SlabKernel) => k.chain(0, [20, 0, 9], k.object(0, 0)), /twice/],
  ] as const)('are any number if a freelist %s', (_, damage, reason) => {
    const { active, reasons } = dentries(partial(18, [20, 0, 9], damage));
    expect(active).toEqual(range(0, OBJECTS));
    expect(reasons[0]).toMatch(reason);
  });

  test.each([
    ['of another cache', { inuse: 18, cache: AT.second }, /not a slab of this cache/],
    ['without objects', { inuse: 0, objects: 0 }, /cannot have 0 of 0 objects/],
    ['with more in use than it has', { inuse: 22 }, /cannot have 22 of 21 objects/],
  ] as const)('are any number for an entry on the list %s', (_, slab, reason) => {
    const { active, reasons } = dentries(partial(18, [20, 0, 9], (kernel) => kernel.slab(0, slab)));
    expect(active).toEqual(range(0, OBJECTS));
    expect(reasons[0]).toMatch(reason);
  });

  test('are unknown for slabs that the list lacks by its count', () => {
    const kernel = partial(18, [20, 0, 9]);
    kernel.node(AT.node, 3, 3 * OBJECTS, [0]);
    kernel.writeU64(AT.node + 32, 2n);
    const { active, reasons } = dentries(kernel);
    expect(active).toEqual(range(3 * OBJECTS - 3 - OBJECTS, 3 * OBJECTS - 3));
    expect(reasons).toEqual(['nodes found: 1, but nr_partial is 2']);
  });
});

describe('free objects of more slabs than the limit', () => {
  function withThree(): SlabKernel {
    const kernel = new SlabKernel();
    for (const n of [0, 1, 2]) kernel.slab(n, { inuse: 18, free: [20, 0, 9] });
    kernel.node(AT.node, 3, 3 * OBJECTS, [0, 1, 2]);
    return kernel;
  }

  test('are unknown', () => {
    const { active, reasons } = dentries(withThree(), 2);
    expect(active).toEqual(range(0, 3 * OBJECTS - 6));
    expect(reasons).toEqual(['the slabs and sheaves of all caches exceed the limit']);
  });

  test('are known at exactly the limit', () => {
    expect(dentries(withThree(), 3)).toMatchObject({ active: range(3 * OBJECTS - 9), reasons: [] });
  });
});

describe('free objects that CPUs hold', () => {
  /** Slab 0 is the CPU's own; slabs 1 and 2 are on its partial list. */
  function withCpu(): SlabKernel {
    const kernel = new SlabKernel({ cpus: 'slabs' });
    kernel.node(AT.node, 3, 3 * OBJECTS, []);
    kernel.slab(0, { inuse: OBJECTS - 1, free: [4] });
    kernel.slab(1, { inuse: 20, free: [6], next: 2 });
    kernel.slab(2, { inuse: 19, free: [8, 7] });
    kernel.writeU64(AT.cpu, kernel.chain(0, [1, 2, 3, 5]));
    kernel.writeU64(AT.cpu + 8, kernel.structOf(0));
    kernel.writeU64(AT.cpu + 16, kernel.structOf(1));
    return kernel;
  }

  test('are the ones of its freelist, its slab and its partial list', () => {
    const { active, free, reasons } = dentries(withCpu());
    expect(free).toMatchObject({ onCpus: range(4), held: range(4), onNodes: range(0) });
    expect({ active, reasons }).toEqual({ active: range(3 * OBJECTS - 8), reasons: [] });
  });

  test('are any number of its slab if its freelist is broken', () => {
    const kernel = withCpu();
    kernel.chain(0, [1, 2], kernel.object(1, 3));
    const { active, reasons } = dentries(kernel);
    expect(active).toEqual(range(3 * OBJECTS - 4 - OBJECTS, 3 * OBJECTS - 4));
    expect(reasons[0]).toMatch(/not one of its objects/);
  });

  test('are unknown if a freelist has no slab', () => {
    const kernel = withCpu();
    kernel.writeU64(AT.cpu + 8, 0n);
    expect(dentries(kernel).reasons[0]).toMatch(/^CPU 0 has no slab, but 0x/);
  });

  test('are reported if its partial list runs in a circle', () => {
    const kernel = withCpu();
    kernel.slab(2, { inuse: 19, free: [8, 7], next: 1 });
    const { active, reasons } = dentries(kernel);
    expect(active?.least).toBe(0);
    expect(reasons).toContain('the partial list of CPU 0 runs in a circle');
  });
});

describe('free objects in sheaves', () => {
  function withSheaves(): SlabKernel {
    const kernel = new SlabKernel({ form: 'per_node', cpus: 'sheaves' });
    kernel.node(AT.node, 1, OBJECTS, []);
    kernel.slab(0, { inuse: OBJECTS });
    const objects = (...indexes: number[]) => indexes.map((index) => kernel.object(0, index));
    kernel.writeU64(AT.cpu, kernel.sheaf(0, objects(1, 2, 3)));
    kernel.writeU64(AT.cpu + 8, kernel.sheaf(1, []));
    kernel.writeU64(AT.cpu + 16, kernel.sheaf(2, objects(4, 5)));
    kernel.writeU64(AT.cache + 64, kernel.at(AT.barn));
    kernel.sheaf(3, objects(6, 7, 8, 9));
    kernel.linkList(AT.barn, AT.sheaves + 3 * 0x80);
    kernel.writeU64(AT.barn + 16, 1n);
    return kernel;
  }

  test('are the ones of CPUs and barns, but not the ones that wait for RCU', () => {
    const { active, free, reasons } = dentries(withSheaves());
    expect(free.held).toEqual(range(7));
    expect({ active, reasons }).toEqual({ active: range(OBJECTS - 7), reasons: [] });
  });

  test.each([
    [
      'claims more than it has room for',
      (k: SlabKernel) => k.writeU64(AT.sheaves + 24, 5n),
      /has room for 4/,
    ],
    [
      'belongs to another cache',
      (k: SlabKernel) => k.writeU64(AT.sheaves + 16, k.at(AT.barn)),
      /names another cache, at/,
    ],
    [
      'has an address that is not an object',
      (k: SlabKernel) => k.sheaf(0, [k.object(0, 1) + 8n]),
      /is not an object/,
    ],
    ['has an object outside any slab', (k: SlabKernel) => k.sheaf(0, [k.object(1, 1)]), /is not an object/],
  ] as const)('are any number if a sheaf %s', (_, damage, reason) => {
    const kernel = withSheaves();
    damage(kernel);
    const { active, reasons } = dentries(kernel);
    expect(active).toEqual(range(OBJECTS - 8, OBJECTS - 4));
    expect(reasons[0]).toMatch(reason);
  });

  test('are not counted twice if two places have the same sheaf', () => {
    const kernel = withSheaves();
    kernel.writeU64(AT.cpu + 8, kernel.at(AT.sheaves));
    const { active, reasons } = dentries(kernel);
    expect(active).toEqual(range(OBJECTS - 11, OBJECTS - 7));
    expect(reasons).toEqual(['a sheaf is in two places']);
  });
});
