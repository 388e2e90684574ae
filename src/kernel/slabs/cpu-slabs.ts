import { hex } from '../../hex.ts';
import { PerCpu } from '../objects/per-cpu.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { type FreeObjects, lostObjects } from './free-objects.ts';
import type { SlabShape } from './slab.ts';
import type { SlabChains } from './slab-chains.ts';

/** Limit of slabs on a CPU's partial list, which has some tens of objects (kmem_cache.cpu_partial). */
const PARTIAL_LIMIT = 1 << 12;

/**
 * Reads the slabs that CPUs have taken (kmem_cache_cpu, removed in 7.0 by 32c894c7274b): the slab that a CPU
 * allocates from, whose free objects are on the CPU's own freelist, and with CONFIG_SLUB_CPU_PARTIAL a chain
 * of further slabs.
 */
export class CpuSlabs {
  readonly #perCpu: PerCpu;
  readonly #cache: StructReader<'cpu_slab'>;
  readonly #cpu: StructReader<'freelist' | 'slab' | 'partial?' | 'tid?'>;

  private constructor(typed: TypedKernel) {
    this.#perCpu = new PerCpu(typed);
    this.#cache = typed.reader('kmem_cache', 'cpu_slab');
    this.#cpu = typed.reader('kmem_cache_cpu', 'freelist', 'slab', 'partial?', 'tid?');
  }

  /**
   * Returns undefined if CPUs have none: in newer kernels, and with CONFIG_SLUB_TINY.
   * @throws InspectError missingInfo
   */
  static of(typed: TypedKernel): CpuSlabs | undefined {
    return typed.types.struct('kmem_cache').has('cpu_slab') ? new CpuSlabs(typed) : undefined;
  }

  /** @throws InspectError notMapped or notStored */
  *freeObjects(chains: SlabChains, shape: SlabShape): Generator<FreeObjects> {
    const base = this.#cache.load(shape.cache).big('cpu_slab');
    if (base === 0n) {
      yield* noCpuSlabs(shape, this.#perCpu.possible.length, 'its cpu_slab is null');
      return;
    }
    for (const cpu of this.#perCpu.possible) {
      if (!chains.look()) return;
      const c = this.#cpu.load(this.#perCpu.pointer(base, cpu));
      // tid starts with the number of the CPU and only grows (init_tid, mm/slub.c).
      if (cpu !== 0 && c.has('tid') && c.big('tid') === 0n) {
        yield* noCpuSlabs(shape, this.#perCpu.possible.length, `its cpu_slab has no tid for CPU ${cpu}`);
        return;
      }
      const partial = c.has('partial') ? c.big('partial') : 0n;
      yield* ownSlab(chains, shape, { cpu, slab: c.big('slab'), freelist: c.big('freelist') });
      yield* partialSlabs(chains, shape, cpu, partial);
    }
  }
}

/**
 * Each cache has a kmem_cache_cpu per CPU (alloc_kmem_cache_cpus, mm/slub.c); without it, the free objects
 * are unknown.
 */
function* noCpuSlabs(shape: SlabShape, cpus: number, reason: string): Generator<FreeObjects> {
  const broken = { address: shape.cache, reason };
  yield lostObjects({ kind: 'cpuFreelist', cpu: 0 }, cpus * shape.objectsPerSlab, broken);
  yield lostObjects({ kind: 'cpuPartial', cpu: 0 }, cpus * PARTIAL_LIMIT * shape.objectsPerSlab, broken);
}

function* ownSlab(
  chains: SlabChains,
  shape: SlabShape,
  own: { readonly cpu: number; readonly slab: bigint; readonly freelist: bigint },
): Generator<FreeObjects> {
  const { cpu, freelist } = own;
  const place = { kind: 'cpuFreelist', cpu } as const;
  if (own.slab === 0n) {
    const reason = `CPU ${cpu} has no slab, but ${hex(freelist)} on its freelist`;
    if (freelist !== 0n) yield lostObjects(place, shape.objectsPerSlab, { address: shape.cache, reason });
    return;
  }
  const slab = chains.slabOn(place, own.slab, shape);
  if ('place' in slab) {
    yield slab;
    return;
  }
  yield chains.ofCpu(place, freelist, slab, shape);
  yield chains.ofSlab({ kind: 'cpuSlab', cpu }, slab, shape);
}

function* partialSlabs(
  chains: SlabChains,
  shape: SlabShape,
  cpu: number,
  first: bigint,
): Generator<FreeObjects> {
  const place = { kind: 'cpuPartial', cpu } as const;
  const seen = new Set<bigint>();
  for (let at = first; at !== 0n; ) {
    const slab = chains.slabOn(place, at, shape);
    if ('place' in slab || seen.has(at) || seen.size === PARTIAL_LIMIT) {
      const reason =
        'place' in slab ? slab.broken?.reason : `the partial list of CPU ${cpu} runs in a circle`;
      // How many slabs would follow is unknown.
      yield lostObjects(place, PARTIAL_LIMIT * shape.objectsPerSlab, { address: at, reason: reason ?? '' });
      return;
    }
    seen.add(at);
    yield chains.ofSlab(place, slab, shape);
    at = slab.next;
  }
}
