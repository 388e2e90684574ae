import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { tryString } from './c-string.ts';
import { nodeAddresses, zonesOfNode } from './nodes.ts';
import { isUniprocessor, PerCpu } from './per-cpu.ts';

/**
 * Counters, of which some kernels lack some. All are exact: per-CPU counters not yet folded in (vm_stat_diff)
 * are added.
 */
export interface Counters {
  /**
   * Returns the value of a member of node_stat_item or zone_stat_item, whichever has it; undefined if neither
   * does.
   */
  get(name: string): number | undefined;
}

export interface NodeCounters extends Counters {
  readonly node: number;
}

export interface ZoneCounters extends NodeCounters {
  /** Its index in pglist_data.node_zones. */
  readonly index: number;
  readonly name: string;
  /** Pages that the page allocator has or has handed out (zone.managed_pages). */
  readonly managed: number;
  /** The part of NR_FREE_PAGES in `get` that is in per-CPU counters not yet folded in. */
  readonly freeHeldBack: number;
}

/** The counters of the whole machine, of each node and of each of its zones. */
export interface VmCounters extends Counters {
  readonly nodes: readonly NodeCounters[];
  readonly zones: readonly ZoneCounters[];
}

/** More than the number of items of any kernel. */
const ITEMS_LIMIT = 256;

/**
 * Reads the counters of include/linux/mmzone.h: vm_node_stat and vm_zone_stat, those of nodes and zones
 * (vm_stat), and the per-CPU counters not yet folded in.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function readVmCounters(typed: TypedKernel): VmCounters {
  const perCpu = new PerCpu(typed);
  const nodeNames = itemsOf(typed, 'node_stat_item');
  const zoneNames = itemsOf(typed, 'zone_stat_item');
  const node = { names: nodeNames, sums: globalSums(typed, 'vm_node_stat', nodeNames) };
  const zone = { names: zoneNames, sums: globalSums(typed, 'vm_zone_stat', zoneNames) };
  const nodes: NodeCounters[] = [];
  const zones: ZoneCounters[] = [];
  const ofNode = new OwnerCounters(typed, perCpu, 'pglist_data', nodeNames, 'vm_node_stat_diff');
  const ofZone = new OwnerCounters(typed, perCpu, 'zone', zoneNames, 'vm_stat_diff');
  const pgdat = typed.reader('pglist_data', 'node_id');
  for (const at of nodeAddresses(typed)) {
    const id = pgdat.load(at).number('node_id');
    const own = ofNode.read(at, node.sums);
    nodes.push({ node: id, get: (name) => counterOf(own, name) });
    zonesOfNode(typed, at).forEach((address, index) => {
      zones.push(zoneCounters(typed, ofZone, address, { node: id, index, sums: zone.sums }));
    });
  }
  return { get: (name) => counterOf(node, name) ?? counterOf(zone, name), nodes, zones };
}

/**
 * Returns the names of the global counters and a function that reads them, without per-CPU counters.
 * @throws as readVmCounters
 */
export function globalCounters(typed: TypedKernel): { readonly names: readonly string[]; read(): number[] } {
  const lists = [
    { symbol: 'vm_node_stat', names: itemsOf(typed, 'node_stat_item') },
    { symbol: 'vm_zone_stat', names: itemsOf(typed, 'zone_stat_item') },
  ];
  const named = ({ names }: (typeof lists)[number]) => {
    const byIndex = new Map([...names].map(([name, index]) => [index, name]));
    return Array.from({ length: countOf(names) }, (_, index) => byIndex.get(index) ?? '');
  };
  const read = () => lists.flatMap(({ symbol, names }) => [...globalSums(typed, symbol, names)]);
  return { names: lists.flatMap(named), read };
}

function zoneCounters(
  typed: TypedKernel,
  counters: OwnerCounters,
  address: bigint,
  { node, index, sums }: { node: number; index: number; sums: Float64Array },
): ZoneCounters {
  const zone = typed.read('zone', address, 'name', 'managed_pages');
  const own = counters.read(address, sums);
  const name = zone.big('name');
  return {
    ...{ node, index, name: (name === 0n ? undefined : tryString(typed.space, name, 16)) ?? `zone ${index}` },
    managed: zone.number('managed_pages'),
    freeHeldBack: own.heldBack[own.names.get('NR_FREE_PAGES') ?? -1] ?? 0,
    get: (item) => counterOf(own, item),
  };
}

interface Sums {
  readonly names: ReadonlyMap<string, number>;
  readonly sums: Float64Array;
}

function counterOf({ names, sums }: Sums, name: string): number | undefined {
  const index = names.get(name);
  return index === undefined ? undefined : sums[index];
}

function itemsOf(typed: TypedKernel, enumeration: string): ReadonlyMap<string, number> {
  const items = typed.types.enumeration(enumeration);
  if (!items) throw new InspectError('missingInfo', `this kernel's BTF has no enum ${enumeration}`);
  return new Map(items.map(({ name, value }) => [name, Number(value)]));
}

/** Returns the number of counters of an array: the last member of its enumeration is that number. */
function countOf(names: ReadonlyMap<string, number>): number {
  return [...names.values()].reduce((most, value) => Math.min(ITEMS_LIMIT, Math.max(most, value)), 0);
}

function globalSums(typed: TypedKernel, symbol: string, names: ReadonlyMap<string, number>): Float64Array {
  return longsAt(typed, typed.symbol(symbol), countOf(names));
}

/** Reads an array of atomic_long_t. */
function longsAt(typed: TypedKernel, address: bigint, count: number): Float64Array {
  return Float64Array.from(new BigInt64Array(typed.space.bytes(address, 8 * count).buffer), Number);
}

/** The counters of nodes or zones: vm_stat, and a per-CPU pointer to a structure with an array of s8. */
class OwnerCounters {
  readonly #typed: TypedKernel;
  readonly #perCpu: PerCpu;
  readonly #names: ReadonlyMap<string, number>;
  readonly #count: number;
  readonly #vmStat: bigint;
  readonly #pointer: bigint;
  readonly #diffs: { readonly offset: bigint; readonly count: number };

  constructor(
    typed: TypedKernel,
    perCpu: PerCpu,
    owner: 'pglist_data' | 'zone',
    names: ReadonlyMap<string, number>,
    diffs: string,
  ) {
    this.#typed = typed;
    this.#perCpu = perCpu;
    this.#names = names;
    this.#count = countOf(names);
    const type = typed.types.struct(owner);
    this.#vmStat = BigInt(type.offsetOf('vm_stat'));
    // Before 5.14 (28f836b6777b) it leads to the CPU's pages and counters, since then only to its counters.
    const pointer =
      owner === 'zone' ? type.field('per_cpu_zonestats', 'pageset') : type.field('per_cpu_nodestats');
    this.#pointer = BigInt(pointer.offset);
    const { btf } = typed.types;
    const pointed = typed.types.struct(btf.nameOf(btf.resolve(btf.target(btf.resolve(pointer.type)))));
    // Without CONFIG_SMP zones have no such counters (struct per_cpu_zonestat, include/linux/mmzone.h).
    const none = isUniprocessor(typed) && !pointed.has(diffs);
    const { offset, size } = none ? { offset: 0, size: 0 } : pointed.field(diffs);
    this.#diffs = { offset: BigInt(offset), count: Math.min(size, this.#count) };
  }

  /** @param all the global sums, to which the per-CPU counters are added, too */
  read(owner: bigint, all: Float64Array): Sums & { readonly heldBack: Float64Array } {
    const sums = longsAt(this.#typed, owner + this.#vmStat, this.#count);
    const heldBack = this.#heldBack(owner);
    heldBack.forEach((n, i) => {
      (sums[i] as number) += n;
      (all[i] as number) += n;
    });
    return { names: this.#names, sums, heldBack };
  }

  #heldBack(owner: bigint): Float64Array {
    const { offset, count } = this.#diffs;
    if (count === 0) return new Float64Array(0);
    const base = this.#typed.space.u64(owner + this.#pointer);
    const sum = new Float64Array(count);
    for (const cpu of this.#perCpu.possible) {
      const at = this.#perCpu.pointer(base, cpu) + offset;
      const held = new Int8Array(this.#typed.space.bytes(at, count).buffer);
      for (let i = 0; i < count; i++) (sum[i] as number) += held[i] as number;
    }
    return sum;
  }
}
