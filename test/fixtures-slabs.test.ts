import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { FileSource } from '../src/bytes/file-source.ts';
import { openImage } from '../src/formats/open.ts';
import { hex } from '../src/hex.ts';
import { walkList } from '../src/kernel/objects/list.ts';
import { PerCpu } from '../src/kernel/objects/per-cpu.ts';
import { openKernel } from '../src/kernel/open/kernel.ts';
import { CacheReader } from '../src/kernel/slabs/cache-reader.ts';
import { FreeSearch } from '../src/kernel/slabs/free-search.ts';
import { listTasks } from '../src/kernel/tasks/task-listing.ts';
import { TypedKernel } from '../src/kernel/types/typed-kernel.ts';
import type { SlabUse } from '../src/pages/usage/slabs.ts';
import { readUsage, type Usage } from '../src/pages/usage/usage.ts';
import type { PageReport } from '../src/report/page-report.ts';
import { ALONE } from './builders/census.ts';
import { openSource } from './builders/open-source.ts';
import { PatchedSource } from './builders/patched-source.ts';
import { dumpOf, TYPED } from './support/fixture.ts';
import { runMain } from './support/run-main.ts';
import { violations } from './support/schema.ts';

const usageOf = (typed: TypedKernel) => readUsage(typed, 5, ALONE);

function cachesOf({ slabs }: Usage): Map<string, SlabUse> {
  return new Map(slabs?.caches.map((cache) => [cache.name, cache]));
}

describe.each(TYPED)('the slab caches of %s', (name) => {
  let typed: TypedKernel;
  let cpus: PerCpu;
  let usage: Usage;
  let caches: Map<string, SlabUse>;

  beforeAll(async () => {
    typed = new TypedKernel(openKernel(await openImage([dumpOf(name)])));
    cpus = new PerCpu(typed);
    usage = await usageOf(typed);
    caches = cachesOf(usage);
  }, 60_000);

  it('raise no warning in a whole dump', () => {
    expect(usage.warnings).toEqual([]);
    expect(usage.checks.filter(({ verdict }) => verdict === 'contradicted')).toEqual([]);
  });

  it('have as many objects in use as crash or drgn counts', () => {
    const lines = readFileSync(new URL(`../fixtures/${name}.slabs`, import.meta.url), 'utf8').split('\n');
    const listed = lines.filter((line) => /^\d/.test(line)).map((line) => line.split(' '));
    expect(listed.length).toBeGreaterThan(100);
    expect(caches.size).toBe(listed.length);
    for (const [active, objects, ...words] of listed) {
      const cache = caches.get(words.join(' '));
      expect(cache?.active, words.join(' ')).toBe(Number(active));
      if (objects !== '-') expect(cache?.objects, words.join(' ')).toBe(Number(objects));
    }
  });

  /** Objects that RCU has yet to free are in use for their cache, but no longer for the kernel's counter. */
  const RCU = 16;
  const activeOf = (pattern: RegExp) =>
    [...caches.values()].reduce(
      (sum, { name: of, active }) => sum + (pattern.test(of) ? (active ?? -1) : 0),
      0,
    );
  const sumOfCpus = (symbol: string) =>
    cpus.variables(symbol).reduce((sum, { address }) => sum + Number(typed.space.u64(address)), 0);
  const expectNearly = (active: number, counted: number, others = 0) => {
    expect(active).toBeGreaterThanOrEqual(counted + others);
    expect(active).toBeLessThanOrEqual(counted + others + RCU);
  };

  it('have a task_struct for each thread, and for the idle tasks of all CPUs except the first', () => {
    expectNearly(
      activeOf(/^task_struct$/),
      typed.space.u32(typed.symbol('nr_threads')),
      cpus.possible.length - 1,
    );
  });

  it('have a filp for each open file', () => {
    const counter = typed.read('percpu_counter', typed.symbol('nr_files'), 'count', 'counters');
    const base = counter.big('counters');
    const pending = cpus.possible.map((cpu) => typed.space.u32(cpus.pointer(base, cpu)) | 0);
    expectNearly(
      activeOf(/^filp$/),
      pending.reduce((sum, n) => sum + n, counter.number('count')),
    );
  });

  it('have a dentry for each name, and an inode of some file system for each inode', () => {
    expectNearly(activeOf(/^dentry$/), sumOfCpus('nr_dentry'));
    expectNearly(activeOf(/^(?!lsm_).*inode_cache$|^bdev_cache$/), sumOfCpus('nr_inodes'));
  });
});

describe.each(TYPED)('page of an object in %s', (name) => {
  let typed: TypedKernel;

  beforeAll(async () => {
    typed = new TypedKernel(openKernel(await openImage([dumpOf(name)])));
  });

  async function ownerOf(address: bigint) {
    const { status, stdout, stderr } = await runMain([
      'page',
      dumpOf(name),
      `0x${address.toString(16)}`,
      '--json',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = JSON.parse(stdout) as PageReport;
    expect(violations('page', report)).toEqual([]);
    return report.details?.owner;
  }

  it('says that a task on the list is allocated', async () => {
    const task = listTasks(typed).tasks.find(({ pid }) => pid === 1);
    expect(await ownerOf((task?.address ?? 0n) + 8n)).toMatchObject({
      cache: { name: 'task_struct' },
      object: {
        address: hex(task?.address ?? 0n),
        offset: 8,
        state: 'allocated',
        waitsOn: null,
        unknown: null,
      },
    });
  });

  it('says where free objects are kept', async () => {
    const reader = new CacheReader(typed);
    const caches = walkList(typed.space, typed.symbol('slab_caches')).nodes.map(
      (node) => node - reader.listOffset,
    );
    const search = new FreeSearch(typed);
    const found = caches.flatMap((cache) => [...search.of(reader.read(cache))]);
    const kinds = new Map(
      found.filter(({ objects }) => objects.length > 0).map((one) => [one.place.kind, one]),
    );
    expect(kinds.size).toBeGreaterThan(1);
    for (const { place, objects } of kinds.values()) {
      const [address = 0n] = objects;
      expect(await ownerOf(address)).toMatchObject({
        object: { address: hex(address), offset: 0, state: 'free', waitsOn: place },
      });
    }
  });
});

describe('slab caches of a damaged dump', () => {
  const path = () => dumpOf('linux-6.12-numa');
  let whole: TypedKernel;
  let before: Map<string, SlabUse>;

  beforeAll(async () => {
    whole = new TypedKernel(openKernel(await openImage([path()])));
    before = cachesOf(await usageOf(whole));
  }, 60_000);

  /** The same dump with a word of its memory changed, in all segments that have it. */
  function changed(address: bigint, value: bigint): Promise<Usage> {
    const physical = whole.space.translate(address);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    const patches = [...whole.kernel.image.segments].flatMap((segment) => {
      const inside = physical - (segment.physical ?? Infinity);
      return inside >= 0 && inside < Number(segment.fileSize)
        ? [{ at: segment.offset + BigInt(inside), bytes }]
        : [];
    });
    expect(patches.length).toBeGreaterThan(0);
    const image = openSource(new PatchedSource(new FileSource(path()), patches));
    return usageOf(new TypedKernel(openKernel(image)));
  }

  /** Each cache is as before, or gives correct bounds for its objects in use. */
  function expectHonest(usage: Usage, name: string): void {
    const after = cachesOf(usage);
    expect(after.size).toBe(before.size);
    for (const [of, { active, objects }] of before) {
      const { active: now, activeRange: range, objects: all } = after.get(of) as SlabUse;
      if (now !== null || of !== name) {
        expect([of, now, all]).toEqual([of, active, objects]);
        continue;
      }
      expect(range?.least, of).toBeLessThanOrEqual(active ?? -1);
      expect(range?.most, of).toBeGreaterThanOrEqual(active ?? Infinity);
    }
    const reported =
      usage.warnings.length + usage.checks.filter(({ verdict }) => verdict === 'contradicted').length;
    expect(reported).toBeGreaterThan(0);
  }

  const TASKS = 'task_struct';
  const cacheOf = (name: string) => before.get(name)?.address ?? 0n;
  function partialOf(name: string): bigint {
    const type = whole.types.struct('kmem_cache');
    const node = whole.space.u64(cacheOf(name) + BigInt(type.offsetOf('node[0]')));
    return node + BigInt(whole.types.struct('kmem_cache_node').offsetOf('partial'));
  }
  /** A slab of a cache that is on a list of this kind, and its free objects. */
  function waiting(name: string, kind: string) {
    const shape = new CacheReader(whole).read(cacheOf(name));
    for (const found of new FreeSearch(whole).of(shape))
      if (found.place.kind === kind && found.objects.length > 1 && found.slab)
        return { ...found, slab: found.slab, shape };
    throw new Error(`${name} has no slab on ${kind}`);
  }

  it('are all found if their list is cut at its head', async () => {
    const head = whole.symbol('slab_caches');
    const first = whole.space.u64(head);
    expectHonest(await changed(first, head), '');
  });

  it.each([0n, 8n])('are correct if a partial list is cut, or off by some bytes: %i', async (off) => {
    const partial = partialOf(TASKS);
    const pointer = off === 0n ? partial : whole.space.u64(partial) + off;
    expectHonest(await changed(partial, pointer), TASKS);
  });

  it.each(['nr_partial', 'total_objects'])(
    'are correct, or between bounds, if %s is false',
    async (member) => {
      const node = whole.types.struct('kmem_cache_node');
      const at = partialOf(TASKS) + BigInt(node.offsetOf(member) - node.offsetOf('partial'));
      const usage = await changed(at, whole.space.u64(at) + 3n);
      const { active, activeRange } = cachesOf(usage).get(TASKS) as SlabUse;
      const right = before.get(TASKS)?.active ?? -1;
      expect(active ?? activeRange?.least).toBeLessThanOrEqual(right);
      expect(active ?? activeRange?.most).toBeGreaterThanOrEqual(right);
      expect(usage.damaged || usage.checks.some(({ verdict }) => verdict === 'contradicted')).toBe(true);
    },
  );

  it.each([
    [TASKS, 'nodePartial'],
    ['dentry', 'cpuFreelist'],
  ])('are between bounds if a freelist of %s leads astray: %s', async (name, kind) => {
    const { objects, shape } = waiting(name, kind);
    const pointer = (objects[0] as bigint) + BigInt(shape.freePointerAt);
    const usage = await changed(pointer, 0x1234_5678n);
    expectHonest(usage, name);
    expect(usage.damaged).toBe(true);
  });

  it('are between bounds if a slab claims that more objects are in use', async () => {
    const { slab } = waiting(TASKS, 'nodePartial');
    const counters = slab.address + BigInt(whole.types.struct('slab').offsetOf('counters'));
    expectHonest(await changed(counters, whole.space.u64(counters) + 1n), TASKS);
  });
});
