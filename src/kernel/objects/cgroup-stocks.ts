import type { StructType } from '../types/struct-type.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { PerCpu } from './per-cpu.ts';

/**
 * What CPUs have charged ahead (mm/memcontrol.c): whole pages to mem_cgroups, bytes to obj_cgroups, and bytes of
 * slabs that are allocated but not yet in the counters of the cgroup. All by address of the cgroup.
 */
export interface CgroupStocks {
  readonly pages: ReadonlyMap<bigint, number>;
  readonly bytes: ReadonlyMap<bigint, number>;
  readonly slabBytes: ReadonlyMap<bigint, number>;
}

/** A CPU has one of each kind, or since 6.16 several of each. */
const SLOTS_LIMIT = 64;
const POINTER = 8;

/** @throws InspectError missingInfo, notMapped, notStored */
export function readCgroupStocks(typed: TypedKernel): CgroupStocks {
  const stocks = { pages: new Map(), bytes: new Map(), slabBytes: new Map() };
  const perCpu = new PerCpu(typed);
  const memcg = typed.types.struct('memcg_stock_pcp');
  for (const { address } of perCpu.variables('memcg_stock')) {
    addSlots(typed, memcg, address, 'cached', 'nr_pages', stocks.pages);
    // In 5.13 to 5.17 tasks and interrupts have stocks of their own.
    for (const part of ['', 'task_obj.', 'irq_obj.']) addObjects(typed, memcg, address, part, stocks);
  }
  // A variable of its own since 6.16.
  const objects = typed.types.findStruct('obj_stock_pcp');
  if (objects && typed.findSymbol('obj_stock') !== undefined)
    for (const { address } of perCpu.variables('obj_stock')) addObjects(typed, objects, address, '', stocks);
  return stocks;
}

interface Stocks {
  readonly bytes: Map<bigint, number>;
  readonly slabBytes: Map<bigint, number>;
}

function addObjects(typed: TypedKernel, type: StructType, at: bigint, part: string, stocks: Stocks): void {
  const cached = `${part}${type.name === 'obj_stock_pcp' && type.has('cached') ? 'cached' : 'cached_objcg'}`;
  if (!type.has(cached)) return;
  addSlots(typed, type, at, cached, `${part}nr_bytes`, stocks.bytes);
  const one = indexOfCounted(typed, type, at);
  for (const counter of ['nr_slab_reclaimable_b', 'nr_slab_unreclaimable_b'])
    if (type.has(part + counter)) addSlots(typed, type, at, cached, part + counter, stocks.slabBytes, one);
}

/** Of several obj_cgroups, the one that the counters of bytes of slabs belong to (7.2). */
function indexOfCounted(typed: TypedKernel, type: StructType, at: bigint): number {
  return type.has('index') ? typed.read(type.name, at, 'index').number('index') : 0;
}

/** Adds the numbers of an array, or a single number, to the cgroups beside them. */
function addSlots(
  typed: TypedKernel,
  type: StructType,
  at: bigint,
  cached: string,
  count: string,
  into: Map<bigint, number>,
  first = 0,
): void {
  const [pointers, counts] = [type.field(cached), type.field(count)];
  const slots = Math.min(SLOTS_LIMIT, Math.max(1, Math.floor(pointers.size / POINTER)));
  const isArray = type.has(`${count}[0]`);
  const numbers = isArray ? slots : 1;
  const size = counts.size / numbers;
  const owners = new BigUint64Array(typed.space.bytes(at + BigInt(pointers.offset), POINTER * slots).buffer);
  const bytes = Buffer.from(typed.space.bytes(at + BigInt(counts.offset), counts.size));
  for (let slot = 0; slot < numbers; slot++) {
    const owner = owners[slot + first];
    // Bytes of slabs may be negative. Numbers of pages and bytes are small.
    const number = bytes.readIntLE(slot * size, Math.min(6, size));
    if (owner !== undefined && owner !== 0n && number !== 0) into.set(owner, (into.get(owner) ?? 0) + number);
  }
}
