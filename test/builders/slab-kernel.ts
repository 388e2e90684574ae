import { BuiltBtf } from './btf.ts';
import { BuiltTypedKernel } from './typed-kernel.ts';

/** Offsets in the data of the kernel, in bytes. Slabs are pages from `slabs` on. */
export const AT = {
  head: 0,
  nodeIds: 0x40,
  perCpuOffset: 0x50,
  possible: 0x60,
  cache: 0x100,
  second: 0x200,
  node: 0x300,
  other: 0x380,
  cpu: 0x400,
  barn: 0x480,
  sheaves: 0x500,
  name: 0x800,
  slabs: 0x4000,
};
const PAGE = 4096;
export const SIZE = 192;
export const OBJECTS = 21;
/** Offset of the pointer to the next object in a free one. */
const POINTER_AT = 96;
const RANDOM = 0x5a17_c0de_1234_9876n;
export const CAPACITY = 4;

/**
 * Since 7.1 each node's pointer is beside that of its barn (per_node); before 5.17 a slab was a page; a
 * kernel without NUMA has one node; one without CONFIG_SLUB_DEBUG counts nothing. Pointers of 4 bytes has
 * none.
 */
export type Form = 'node' | 'per_node' | 'SLAB' | 'page' | 'one node' | 'no counters' | 'narrow';
/**
 * How free pointers are obfuscated: not at all, with the address as it is (before 5.7), or with its bytes
 * swapped.
 */
export type Hardening = 'none' | 'address' | 'swapped';

export interface SlabPlan {
  readonly form?: Form;
  readonly nodes?: number;
  readonly hardening?: Hardening;
  /** Whether the only CPU has its own slabs, or sheaves. */
  readonly cpus?: 'slabs' | 'sheaves';
}

/** A slab of the cache: its objects in use, and the indexes of the ones on its own freelist. */
export interface SlabSpec {
  readonly inuse: number;
  readonly free?: readonly number[];
  readonly objects?: number;
  readonly cache?: number;
  /** The next slab on a CPU's partial list. */
  readonly next?: number;
}

/** The types of a kernel with caches of at most two nodes. */
function types({ form = 'node', hardening = 'swapped', cpus }: SlabPlan): BuiltBtf {
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
    ['min', order, 40],
    ['offset', int, 44],
    ...(hardening === 'none' ? [] : [['random', long, 48] as const]),
    ...(cpus === 'slabs' ? [['cpu_slab', pointer, 56] as const] : []),
    ...(cpus === 'sheaves'
      ? [['cpu_sheaves', pointer, 56] as const, ['sheaf_capacity', int, 96] as const]
      : []),
    form === 'per_node'
      ? ['per_node', btf.array(perNode, 2), 64]
      : ['node', btf.array(form === 'narrow' ? int : pointer, form === 'one node' ? 1 : 2), 64],
  ]);
  const counters = [
    ['nr_slabs', long, 16],
    ['total_objects', long, 24],
  ] as const;
  btf.struct('kmem_cache_node', 48, [
    ['partial', list, 0],
    ['nr_partial', long, 32],
    ...(form === 'no counters' ? [] : counters),
  ]);
  btf.struct(form === 'page' ? 'page' : 'slab', 64, [
    ['slab_cache', pointer, 8],
    ['slab_list', list, 16],
    ['next', pointer, 16],
    ['freelist', pointer, 32],
    ['inuse', int, 40 * 8, 16],
    ['objects', int, 42 * 8, 15],
  ]);
  btf.struct('cpumask', 8, [['bits', long, 0]]);
  btf.struct('kmem_cache_cpu', 24, [
    ['freelist', pointer, 0],
    [form === 'page' ? 'page' : 'slab', pointer, 8],
    ['partial', pointer, 16],
  ]);
  btf.struct('slub_percpu_sheaves', 24, [
    ['main', pointer, 0],
    ['spare', pointer, 8],
    ['rcu_free', pointer, 16],
  ]);
  btf.struct('slab_sheaf', 32, [
    ['barn_list', list, 0],
    ['cache', pointer, 16],
    ['size', int, 24],
    ['objects', btf.array(pointer, 0), 32],
  ]);
  btf.struct('node_barn', 24, [
    ['sheaves_full', list, 0],
    ['nr_full', int, 16],
  ]);
  return btf;
}

/** A kernel with one cache of 21 objects of 192 bytes per page, on one node. */
export class SlabKernel extends BuiltTypedKernel {
  readonly #hardening: Hardening;

  constructor(plan: SlabPlan = {}) {
    const { form = 'node', nodes = 1, hardening = 'swapped' } = plan;
    super(types(plan), {
      slab_caches: AT.head,
      __per_cpu_offset: AT.perCpuOffset,
      __cpu_possible_mask: AT.possible,
      ...(form === 'one node' ? {} : { nr_node_ids: AT.nodeIds }),
    });
    this.#hardening = hardening;
    this.writeU64(AT.nodeIds, BigInt(nodes));
    this.writeU64(AT.possible, 1n);
    this.linkList(AT.head, AT.cache + 24);
    this.writeU64(AT.cache, (200n << 32n) | BigInt(SIZE));
    this.writeU64(AT.cache + 8, (3n << 32n) | (0n << 16n) | BigInt(OBJECTS));
    this.writeU64(AT.cache + 16, this.at(AT.name));
    this.writeU64(AT.cache + 40, (BigInt(POINTER_AT) << 32n) | BigInt(OBJECTS));
    this.writeU64(AT.cache + 48, hardening === 'none' ? 0n : RANDOM);
    if (plan.cpus) this.writeU64(AT.cache + 56, this.at(AT.cpu));
    this.write(AT.name, Buffer.from('dentry\0'));
    this.writeU64(AT.cache + (form === 'per_node' ? 72 : 64), this.at(AT.node));
    if (plan.cpus === 'sheaves') this.writeU64(AT.cache + 96, BigInt(CAPACITY));
    this.node(AT.node, 2, 42, []);
  }

  /** Writes the counters of a node, and its partial list. */
  node(at: number, slabs: number, objects: number, partial: readonly number[]): void {
    const heads = [this.at(at), ...partial.map((n) => this.structOf(n) + 16n)];
    heads.forEach((head, i) => {
      const following = heads[(i + 1) % heads.length] as bigint;
      this.#writeAt(head, following);
      this.#writeAt(following + 8n, head);
    });
    this.writeU64(at + 16, BigInt(slabs));
    this.writeU64(at + 24, BigInt(objects));
    this.writeU64(at + 32, BigInt(partial.length));
  }

  /** Returns the virtual address of the struct of a slab. */
  structOf(slab: number): bigint {
    return this.kernel.structPageAt(this.#physical(slab) / PAGE);
  }

  /** Returns the virtual address of an object. */
  object(slab: number, index: number): bigint {
    return this.kernel.direct(this.#physical(slab)) + BigInt(index * SIZE);
  }

  slab(n: number, { inuse, free = [], objects = OBJECTS, cache = AT.cache, next }: SlabSpec): void {
    const at = this.structOf(n);
    this.#writeAt(at + 8n, this.at(cache));
    this.#writeAt(at + 40n, (BigInt(objects) << 16n) | BigInt(inuse));
    if (next !== undefined) this.#writeAt(at + 16n, this.structOf(next));
    this.#writeAt(at + 32n, this.chain(n, free));
  }

  /** Makes a freelist of a slab's objects; returns its first. */
  chain(slab: number, indexes: readonly number[], last = 0n): bigint {
    const objects = indexes.map((index) => this.object(slab, index));
    objects.forEach((object, i) => {
      const pointer = object + BigInt(POINTER_AT);
      this.#writeAt(pointer, this.#hide(objects[i + 1] ?? last, pointer));
    });
    return objects[0] ?? last;
  }

  /** Makes a sheaf of objects, given by address; returns its address. */
  sheaf(n: number, objects: readonly bigint[]): bigint {
    const at = AT.sheaves + 0x80 * n;
    this.writeU64(at + 16, this.at(AT.cache));
    this.writeU64(at + 24, BigInt(objects.length));
    objects.forEach((object, i) => {
      this.writeU64(at + 32 + 8 * i, object);
    });
    return this.at(at);
  }

  #physical(slab: number): number {
    return Number(this.at(AT.slabs) - this.kernel.stext) + this.kernel.imageAt + slab * PAGE;
  }

  #hide(value: bigint, pointer: bigint): bigint {
    if (this.#hardening === 'none') return value;
    const swapped = Buffer.alloc(8);
    swapped.writeBigUInt64LE(pointer);
    return value ^ RANDOM ^ (this.#hardening === 'swapped' ? swapped.readBigUInt64BE() : pointer);
  }

  /** Writes into the data, a slab or a slab's struct. */
  #writeAt(virtual: bigint, value: bigint): void {
    const { kernel } = this;
    const isStruct = virtual >= kernel.vmemmap && virtual < kernel.stext;
    const inImage = virtual >= kernel.stext;
    const physical = isStruct
      ? kernel.vmemmapBacking(virtual) + Number(virtual % BigInt(PAGE))
      : Number(inImage ? virtual - kernel.stext : virtual - kernel.pageOffset) +
        (inImage ? kernel.imageAt : 0);
    kernel.memory.writeU64(physical, value);
  }
}
