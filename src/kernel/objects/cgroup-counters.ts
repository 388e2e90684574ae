import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';

/** No kernel has more items. */
const ITEMS_LIMIT = 1024;
const LONG = 8;

/**
 * The counters of cgroups (memory.stat). Each cgroup has those of itself and all below it, to which CPUs add what
 * they have counted from time to time. This adds what they have not added yet, so the sums are exact.
 */
export class CgroupCounters {
  readonly #typed: TypedKernel;
  readonly #cpus: PerCpu;
  readonly #form: Form;
  readonly #indexes = new Map<string, number | undefined>();

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#cpus = new PerCpu(typed);
    this.#form = formOf(typed);
  }

  /** Whether this kernel counts an item, a member of node_stat_item or memcg_stat_item, for cgroups. */
  has(item: string): boolean {
    return this.#indexOf(item) !== undefined;
  }

  /**
   * Returns what the counter of a mem_cgroup has, and what is still to be added to it and those above it.
   * @throws InspectError notMapped or notStored
   */
  read(memcg: bigint, items: readonly string[]): CounterSums {
    const { total, pending } = this.#form.read(memcg, this.#cpus);
    const of = (all: Float64Array, item: string) => all[this.#indexOf(item) ?? -1] ?? 0;
    return {
      total: new Map(items.map((item) => [item, of(total, item)])),
      pending: new Map(items.map((item) => [item, of(pending, item)])),
    };
  }

  #indexOf(item: string): number | undefined {
    if (!this.#indexes.has(item)) this.#indexes.set(item, this.#lookUp(item));
    return this.#indexes.get(item);
  }

  #lookUp(item: string): number | undefined {
    // In 5.10 page tables are counted for zones, by an enumeration whose numbers mean something else here.
    const { types } = this.#typed;
    const all = ['node_stat_item', 'memcg_stat_item'].flatMap((name) => types.enumeration(name) ?? []);
    const number = Number(all.find(({ name }) => name === item)?.value ?? -1n);
    return number < 0 || number >= ITEMS_LIMIT ? undefined : this.#form.indexOf(number);
  }
}

/** Counters by item. */
export interface CounterSums {
  readonly total: ReadonlyMap<string, number>;
  readonly pending: ReadonlyMap<string, number>;
}

/** How a kernel keeps the counters. */
interface Form {
  /** The index of an item in the arrays. */
  indexOf(item: number): number | undefined;
  read(memcg: bigint, cpus: PerCpu): { readonly total: Float64Array; readonly pending: Float64Array };
}

function formOf(typed: TypedKernel): Form {
  const memcg = typed.types.struct('mem_cgroup');
  return memcg.has('vmstats[0]') ? new BatchedForm(typed) : new FlushedForm(typed);
}

/**
 * To 5.12: sums that include those below, to which CPUs add whatever exceeds a batch
 * (memcg_vmstats_percpu.stat).
 */
class BatchedForm implements Form {
  readonly #typed: TypedKernel;
  readonly #memcg;
  readonly #perCpu: { readonly offset: number; readonly size: number };

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#memcg = typed.reader('mem_cgroup', 'vmstats', 'vmstats_percpu');
    this.#perCpu = typed.types.struct('memcg_vmstats_percpu').field('stat');
  }

  indexOf(item: number): number {
    return item;
  }

  read(memcg: bigint, cpus: PerCpu) {
    const one = this.#memcg.load(memcg);
    const total = longs(one.bytes('vmstats'));
    const pending = new Float64Array(total.length);
    const pointer = one.big('vmstats_percpu');
    const { offset, size } = this.#perCpu;
    for (const cpu of cpus.possible)
      add(pending, longs(this.#typed.space.bytes(cpus.pointer(pointer, cpu) + BigInt(offset), size)), 1);
    return { total, pending };
  }
}

/**
 * Since 5.13 (2d146aa3aa84): sums that include those below as of the last flush, what a flush of those below has
 * left to add, and for each CPU what it has counted, and how much of that was flushed.
 */
class FlushedForm implements Form {
  readonly #typed: TypedKernel;
  readonly #vmstats: bigint;
  readonly #isPointer: boolean;
  readonly #pointer;
  readonly #sums: { readonly state: Place; readonly pending: Place };
  readonly #perCpu: { readonly state: Place; readonly flushed: Place };
  readonly #index: readonly (number | undefined)[] | null;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    const { types } = typed;
    const memcg = types.struct('mem_cgroup');
    // A part of the mem_cgroup itself to 6.0.
    this.#isPointer = !memcg.has('vmstats.state');
    this.#vmstats = BigInt(memcg.offsetOf('vmstats'));
    this.#pointer = typed.reader('mem_cgroup', 'vmstats_percpu');
    const sums = types.struct('memcg_vmstats');
    this.#sums = { state: sums.field('state'), pending: sums.field('state_pending') };
    const perCpu = types.struct('memcg_vmstats_percpu');
    this.#perCpu = { state: perCpu.field('state'), flushed: perCpu.field('state_prev') };
    this.#index = readIndex(typed, this.#sums.state.size / LONG);
  }

  indexOf(item: number): number | undefined {
    return this.#index === null ? item : this.#index[item];
  }

  read(memcg: bigint, cpus: PerCpu) {
    const { space } = this.#typed;
    const sums = this.#isPointer ? space.u64(memcg + this.#vmstats) : memcg + this.#vmstats;
    const read = (base: bigint, { offset, size }: Place) => longs(space.bytes(base + BigInt(offset), size));
    const total = read(sums, this.#sums.state);
    const pending = read(sums, this.#sums.pending);
    const pointer = this.#pointer.load(memcg).big('vmstats_percpu');
    for (const cpu of cpus.possible) {
      const at = cpus.pointer(pointer, cpu);
      add(pending, read(at, this.#perCpu.state), 1);
      add(pending, read(at, this.#perCpu.flushed), -1);
    }
    return { total, pending };
  }
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

/**
 * Since 6.11 (59142d87ab03) the arrays have only the items of cgroups, and a table of bytes says where. It counts
 * from 1 with 0 for no item, and since 6.13 from 0 with 255 for none. null without such a table.
 */
function readIndex(typed: TypedKernel, length: number): (number | undefined)[] | null {
  const at = typed.findSymbol('mem_cgroup_stats_index');
  if (at === undefined) return null;
  const items = Number(typed.types.enumerator('MEMCG_NR_STAT') ?? 0n);
  if (items < 1 || items > ITEMS_LIMIT) throw new InspectError('corrupt', `BTF: MEMCG_NR_STAT is ${items}`);
  const table = typed.space.bytes(at, items);
  const first = table.includes(0xff) ? 0 : 1;
  return [...table].map((index) =>
    index - first >= 0 && index - first < length ? index - first : undefined,
  );
}

function longs(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: Math.floor(bytes.length / LONG) }, (_, i) =>
    Number(view.getBigInt64(i * LONG, true)),
  );
}

function add(into: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) (into[i] as number) += factor * (values[i] ?? 0);
}
