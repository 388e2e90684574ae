import { hex } from '../../hex.ts';
import { isCut, walkList } from '../objects/list.ts';
import { PerCpu } from '../objects/per-cpu.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { CacheNode } from './cache-nodes.ts';
import { type FreeObjects, type FreePlace, lostObjects } from './free-objects.ts';
import type { SlabShape } from './slab.ts';
import type { SlabChains } from './slab-chains.ts';

/** Limit of objects in a sheaf: its size is at most a kmalloc bucket (calculate_sheaf_capacity). */
const CAPACITY_LIMIT = 1 << 12;
/** MAX_FULL_SHEAVES is 10, but may be exceeded by some. */
const BARN_LIMIT = 1 << 10;

/**
 * Reads sheaves (2d517aa09bbc, 6.18): arrays of free objects, which count as in use in their slabs. Each CPU
 * has a main sheaf that it allocates from and a spare one, each node has full ones in its barn. Objects in a
 * sheaf that waits for RCU (rcu_free) are not free yet.
 */
export class Sheaves {
  readonly #typed: TypedKernel;
  readonly #perCpu: PerCpu;
  readonly #cache: StructReader<'cpu_sheaves' | 'sheaf_capacity'>;
  readonly #cpu: StructReader<'main' | 'spare' | 'rcu_free'>;
  readonly #sheaf: StructReader<'size' | 'cache'>;
  readonly #barn: StructReader<'sheaves_full' | 'nr_full'>;
  /** kmem_cache_node.barn up to 7.0; since 7.1 the barn is beside the node. */
  readonly #node: StructReader<'barn?'>;
  readonly #objects: bigint;
  readonly #list: bigint;

  private constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#perCpu = new PerCpu(typed);
    this.#cache = typed.reader('kmem_cache', 'cpu_sheaves', 'sheaf_capacity');
    this.#cpu = typed.reader('slub_percpu_sheaves', 'main', 'spare', 'rcu_free');
    this.#sheaf = typed.reader('slab_sheaf', 'size', 'cache');
    this.#barn = typed.reader('node_barn', 'sheaves_full', 'nr_full');
    this.#node = typed.reader('kmem_cache_node', 'barn?');
    this.#objects = BigInt(this.#sheaf.type.offsetOf('objects'));
    this.#list = BigInt(this.#sheaf.type.offsetOf('barn_list'));
  }

  /** Returns undefined for a kernel without sheaves. @throws InspectError missingInfo */
  static of(typed: TypedKernel): Sheaves | undefined {
    return typed.types.struct('kmem_cache').has('cpu_sheaves') ? new Sheaves(typed) : undefined;
  }

  /** @throws InspectError notMapped or notStored */
  *freeObjects(chains: SlabChains, shape: SlabShape, nodes: readonly CacheNode[]): Generator<FreeObjects> {
    const capacity = this.#capacity(shape);
    yield* this.#onCpus(chains, shape, capacity);
    for (const { id, node, barn } of nodes) {
      const at = barn === 0n ? this.#barnOf(node) : barn;
      if (at !== 0n) yield* this.#ofBarn(chains, shape, id, at, capacity);
    }
  }

  *#onCpus(chains: SlabChains, shape: SlabShape, capacity: number): Generator<FreeObjects> {
    const seen = new Set<bigint>();
    if (capacity > 0 && this.#cache.big('cpu_sheaves') === 0n) {
      const broken = { address: shape.cache, reason: 'its cpu_sheaves is null' };
      yield lostObjects({ kind: 'sheaf', cpu: 0 }, 2 * capacity * this.#perCpu.possible.length, broken);
    }
    for (const { cpu, sheaves } of this.#ofCpus(shape)) {
      if (!chains.look()) return;
      const place = { kind: 'sheaf', cpu } as const;
      // Each CPU always has a main sheaf (init_percpu_sheaves, mm/slub.c).
      if (sheaves.main === 0n) {
        yield lostObjects(place, capacity, { address: shape.cache, reason: `CPU ${cpu} has no main sheaf` });
      }
      for (const sheaf of [sheaves.main, sheaves.spare]) {
        if (sheaf === 0n) continue;
        if (capacity > 0 && seen.has(sheaf))
          yield lostObjects(place, capacity, { address: sheaf, reason: 'a sheaf is in two places' });
        else yield this.#read(place, sheaf, shape, capacity, chains);
        seen.add(sheaf);
      }
    }
  }

  /**
   * Returns the CPU whose sheaf has an object that waits for RCU; undefined for none.
   * @throws InspectError notMapped or notStored
   */
  cpuFreeing(object: bigint, chains: SlabChains, shape: SlabShape): number | undefined {
    const capacity = this.#capacity(shape);
    for (const { cpu, sheaves } of this.#ofCpus(shape)) {
      if (sheaves.rcuFree === 0n) continue;
      const place = { kind: 'sheaf', cpu } as const;
      if (this.#read(place, sheaves.rcuFree, shape, capacity, chains).objects.includes(object)) return cpu;
    }
    return undefined;
  }

  #capacity(shape: SlabShape): number {
    return Math.min(CAPACITY_LIMIT, this.#cache.load(shape.cache).number('sheaf_capacity'));
  }

  *#ofCpus(shape: SlabShape) {
    const base = this.#cache.load(shape.cache).big('cpu_sheaves');
    if (base === 0n) return;
    for (const cpu of this.#perCpu.possible) {
      const c = this.#cpu.load(this.#perCpu.pointer(base, cpu));
      yield { cpu, sheaves: { main: c.big('main'), spare: c.big('spare'), rcuFree: c.big('rcu_free') } };
    }
  }

  #barnOf(node: bigint): bigint {
    return node !== 0n && this.#node.has('barn') ? this.#node.load(node).big('barn') : 0n;
  }

  *#ofBarn(
    chains: SlabChains,
    shape: SlabShape,
    node: number,
    at: bigint,
    capacity: number,
  ): Generator<FreeObjects> {
    const place = { kind: 'barn', node } as const;
    const barn = this.#barn.load(at);
    const expected = { name: 'nr_full', count: barn.number('nr_full') };
    const walked = walkList(this.#typed.space, barn.addressOf('sheaves_full'), BARN_LIMIT, expected);
    if (walked.broken !== null) {
      const missing = isCut(walked.broken) ? Math.max(1, expected.count - walked.nodes.length) : 0;
      yield lostObjects(place, missing * capacity, walked.broken);
    }
    for (const entry of walked.nodes) yield this.#read(place, entry - this.#list, shape, capacity, chains);
  }

  #read(
    place: FreePlace,
    address: bigint,
    shape: SlabShape,
    capacity: number,
    chains: SlabChains,
  ): FreeObjects {
    const size = this.#sheaf.load(address).number('size');
    const lost = (reason: string) => lostObjects(place, capacity, { address, reason });
    const owner = this.#sheaf.big('cache');
    // Caches without sheaves share bootstrap_sheaf, which belongs to no cache.
    if (owner !== shape.cache && capacity > 0) return lost(`a sheaf names another cache, at ${hex(owner)}`);
    if (size > capacity) return lost(`a sheaf claims ${size} objects, but has room for ${capacity}`);
    const bytes = this.#typed.space.bytes(address + this.#objects, 8 * size);
    const objects = [...new BigUint64Array(bytes.buffer)];
    const stray = objects.find((object) => !chains.isObject(object, shape));
    if (stray !== undefined) return lost(`${hex(stray)} in a sheaf is not an object of this cache`);
    return { place, slab: null, objects, least: size, most: size, broken: null };
  }
}
