import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import { nodeAddresses, zoneAddresses } from './nodes.ts';
import { PerCpu } from './per-cpu.ts';

/** A counter that some kernels lack; all are exact: what each CPU holds back (vm_stat_diff) is added. */
export interface VmCounters {
  /** A member of node_stat_item or zone_stat_item, whichever list this kernel has it in; as the kernel counts it. */
  get(name: string): number | undefined;
}

/** No kernel counts as many things. */
const ITEMS_LIMIT = 256;

/**
 * Reads the counters of include/linux/mmzone.h: vm_node_stat and vm_zone_stat, and what the CPUs have not yet added.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function readVmCounters(typed: TypedKernel): VmCounters {
  const perCpu = new PerCpu(typed);
  const node = counters(typed, 'node_stat_item', 'vm_node_stat');
  const zone = counters(typed, 'zone_stat_item', 'vm_zone_stat');
  const nodeDiffs = diffs(typed, 'pglist_data', ['per_cpu_nodestats'], 'vm_node_stat_diff');
  for (const at of nodeAddresses(typed)) addDiffs(typed, perCpu, nodeDiffs, at, node.sums);
  // Of each CPU's pages and counters together before 5.14 (28f836b6777b), of the counters alone since.
  const zoneDiffs = diffs(typed, 'zone', ['per_cpu_zonestats', 'pageset'], 'vm_stat_diff');
  for (const at of zoneAddresses(typed)) addDiffs(typed, perCpu, zoneDiffs, at, zone.sums);
  return {
    get: (name) => counterOf(node, name) ?? counterOf(zone, name),
  };
}

interface Counters {
  readonly names: ReadonlyMap<string, number>;
  readonly sums: Float64Array;
}

function counterOf({ names, sums }: Counters, name: string): number | undefined {
  const index = names.get(name);
  return index === undefined ? undefined : sums[index];
}

/** The global counters: an array of atomic_long_t that the enumeration names. */
function counters(typed: TypedKernel, enumeration: string, symbol: string): Counters {
  const items = typed.types.enumeration(enumeration);
  if (!items) throw new InspectError('missingInfo', `this kernel's BTF has no enum ${enumeration}`);
  const names = new Map(items.map(({ name, value }) => [name, Number(value)]));
  const count = Math.min(ITEMS_LIMIT, Math.max(0, ...names.values()));
  const bytes = typed.space.bytes(typed.symbol(symbol), 8 * count);
  return { names, sums: Float64Array.from(new BigInt64Array(bytes.buffer), Number) };
}

/** Where a node or zone keeps the differences of its CPUs: a per-CPU pointer to a structure with an array of s8. */
interface Diffs {
  readonly pointer: bigint;
  readonly array: bigint;
  readonly count: number;
}

function diffs(typed: TypedKernel, owner: string, pointers: readonly string[], array: string): Diffs {
  const { btf } = typed.types;
  const [first = '', ...others] = pointers;
  const pointer = typed.types.struct(owner).field(first, ...others);
  const pointed = typed.types.struct(btf.nameOf(btf.resolve(btf.target(btf.resolve(pointer.type)))));
  const { offset, size } = pointed.field(array);
  return { pointer: BigInt(pointer.offset), array: BigInt(offset), count: Math.min(size, ITEMS_LIMIT) };
}

function addDiffs(
  typed: TypedKernel,
  perCpu: PerCpu,
  { pointer, array, count }: Diffs,
  owner: bigint,
  sums: Float64Array,
): void {
  const base = typed.space.u64(owner + pointer);
  for (const cpu of perCpu.possible) {
    const held = new Int8Array(typed.space.bytes(perCpu.pointer(base, cpu) + array, count).buffer);
    held.forEach((n, i) => {
      if (i < sums.length) (sums[i] as number) += n;
    });
  }
}
