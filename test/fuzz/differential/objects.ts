import { PerCpu } from '../../../src/kernel/objects/per-cpu.ts';
import { attempt, type Dump } from './dump.ts';

/** Most nodes that a walk visits: enough to pick from. */
const MOST = 20_000;

/** Addresses of the objects of a list, given its head and the offset of the node in an object. */
function listed(dump: Dump, head: bigint, offset: number): bigint[] {
  const found: bigint[] = [];
  for (let at = dump.u64(head); at !== head && at !== 0n && found.length < MOST; at = dump.u64(at))
    found.push(at - BigInt(offset));
  return found;
}

/** Offset of a member of a structure; throws what the program throws if there is none. */
function offset(dump: Dump, struct: string, ...paths: [string, ...string[]]): number {
  return dump.typed.types.struct(struct).offsetOf(...paths);
}

function symbol(dump: Dump, name: string): bigint {
  return dump.typed.symbol(name);
}

const member = (dump: Dump, struct: string, path: string) => (address: bigint) =>
  attempt(() => dump.u64(address + BigInt(offset(dump, struct, path)))) ?? 0n;

const unique = (addresses: readonly bigint[]) => [...new Set(addresses)].filter((address) => address !== 0n);

/** How the objects of a structure are found, by its name. */
export const OBJECTS: Readonly<Record<string, (dump: Dump) => readonly bigint[]>> = {
  kmem_cache: (dump) => listed(dump, symbol(dump, 'slab_caches'), offset(dump, 'kmem_cache', 'list')),
  kmem_cache_node: (dump) => {
    const [first, second] = dump.typed.types.struct('kmem_cache').has('node[0]')
      ? (['node[0]', 'node[1]'] as const)
      : (['per_node[0].node', 'per_node[1].node'] as const);
    const nodes = dump.u32(symbol(dump, 'nr_node_ids'));
    const at = offset(dump, 'kmem_cache', first);
    const stride = (dump.typed.types.struct('kmem_cache').find(second)?.offset ?? at + 8) - at;
    return unique(
      objects(dump, 'kmem_cache').flatMap((cache) =>
        Array.from({ length: nodes }, (_, i) => dump.u64(cache + BigInt(at + i * stride))),
      ),
    );
  },
  kmem_cache_cpu: (dump) => perCpuOf(dump, 'kmem_cache', 'cpu_slab'),
  slub_percpu_sheaves: (dump) => perCpuOf(dump, 'kmem_cache', 'cpu_sheaves'),
  // A structure of its own since 5.17, a part of struct page before.
  slab: (dump) => partialSlabs(dump, 'slab'),
  module: (dump) => listed(dump, symbol(dump, 'modules'), offset(dump, 'module', 'list')),
  vmap_area: (dump) => {
    const list = offset(dump, 'vmap_area', 'list');
    const only = dump.symbol('vmap_area_list');
    if (only !== undefined) return listed(dump, only, list);
    const nodes = dump.u64(symbol(dump, 'vmap_nodes'));
    const counter = dump.symbol('nr_vmap_nodes');
    const count = counter === undefined ? 1 : dump.u32(counter);
    const { size } = dump.typed.types.struct('vmap_node');
    const head = offset(dump, 'vmap_node', 'busy.head');
    return Array.from({ length: count }, (_, i) => i).flatMap((i) =>
      listed(dump, nodes + BigInt(i * size + head), list),
    );
  },
  vm_struct: (dump) => unique(objects(dump, 'vmap_area').map(member(dump, 'vmap_area', 'vm'))),
  pcpu_chunk: (dump) => {
    const lists = dump.u64(dump.symbol('pcpu_chunk_lists') ?? symbol(dump, 'pcpu_slot'));
    const slots = dump.u32(symbol(dump, 'pcpu_nr_slots'));
    return Array.from({ length: slots }, (_, i) => lists + BigInt(16 * i)).flatMap((head) =>
      listed(dump, head, offset(dump, 'pcpu_chunk', 'list')),
    );
  },
  task_struct: (dump) => {
    const tasks = offset(dump, 'task_struct', 'tasks');
    const leaders = listed(dump, symbol(dump, 'init_task') + BigInt(tasks), tasks);
    const head = BigInt(offset(dump, 'signal_struct', 'thread_head'));
    const signal = member(dump, 'task_struct', 'signal');
    return unique([
      ...leaders,
      ...leaders.flatMap((leader) =>
        listed(dump, signal(leader) + head, offset(dump, 'task_struct', 'thread_node')),
      ),
    ]);
  },
  signal_struct: (dump) => unique(objects(dump, 'task_struct').map(member(dump, 'task_struct', 'signal'))),
  cred: (dump) => unique(objects(dump, 'task_struct').map(member(dump, 'task_struct', 'cred'))),
  pid: (dump) => unique(objects(dump, 'task_struct').map(member(dump, 'task_struct', 'thread_pid'))),
  mm_struct: (dump) => unique(objects(dump, 'task_struct').map(member(dump, 'task_struct', 'mm'))),
  super_block: (dump) => listed(dump, symbol(dump, 'super_blocks'), offset(dump, 'super_block', 's_list')),
  file_system_type: (dump) => unique(objects(dump, 'super_block').map(member(dump, 'super_block', 's_type'))),
  mount: (dump) => {
    const chained = dump.typed.types.struct('mount').find('mnt_next_for_sb');
    const heads = objects(dump, 'super_block').map(
      (at) => at + BigInt(offset(dump, 'super_block', 's_mounts')),
    );
    if (!chained) return heads.flatMap((head) => listed(dump, head, offset(dump, 'mount', 'mnt_instance')));
    const next = member(dump, 'mount', 'mnt_next_for_sb');
    return heads.flatMap((head) => {
      const found: bigint[] = [];
      for (let at = dump.u64(head); at !== 0n && found.length < MOST; at = next(at)) found.push(at);
      return found;
    });
  },
  inode: (dump) => {
    const head = BigInt(offset(dump, 'super_block', 's_inodes'));
    const all = objects(dump, 'super_block').flatMap(
      (at) => attempt(() => listed(dump, at + head, offset(dump, 'inode', 'i_sb_list'))) ?? [],
    );
    // The others are in no report.
    return all.filter((inode) => member(dump, 'inode', 'i_data.nrpages')(inode) !== 0n);
  },
  address_space: (dump) => objects(dump, 'inode').map((at) => at + BigInt(offset(dump, 'inode', 'i_data'))),
  dentry: (dump) => {
    const alias = BigInt(offset(dump, 'dentry', 'd_u.d_alias', 'd_alias'));
    const first = unique(objects(dump, 'inode').map(member(dump, 'inode', 'i_dentry.first'))).map(
      (node) => node - alias,
    );
    return unique([...first, ...first.map(member(dump, 'dentry', 'd_parent'))]);
  },
  pglist_data: (dump) => {
    const table = dump.symbol('node_data');
    if (table === undefined) return [symbol(dump, 'contig_page_data')];
    const nodes = dump.u32(symbol(dump, 'nr_node_ids'));
    return unique(Array.from({ length: nodes }, (_, i) => dump.u64(table + BigInt(8 * i))));
  },
  zone: (dump) => {
    const { size } = dump.typed.types.struct('zone');
    const first = offset(dump, 'pglist_data', 'node_zones');
    const zones = objects(dump, 'pglist_data').flatMap((node) =>
      Array.from({ length: 3 }, (_, i) => node + BigInt(first + i * size)),
    );
    return zones.filter((zone) => member(dump, 'zone', 'present_pages')(zone) !== 0n);
  },
  per_cpu_pages: (dump) => perCpuOf(dump, 'zone', 'per_cpu_pageset'),
  // Up to 5.14 one structure with the counters of the CPU.
  per_cpu_pageset: (dump) => perCpuOf(dump, 'zone', 'pageset'),
  per_cpu_zonestat: (dump) => perCpuOf(dump, 'zone', 'per_cpu_zonestats'),
  per_cpu_nodestat: (dump) => perCpuOf(dump, 'pglist_data', 'per_cpu_nodestats'),
  hstate: (dump) => {
    const { size } = dump.typed.types.struct('hstate');
    const count = dump.u32(symbol(dump, 'hugetlb_max_hstate'));
    return Array.from({ length: count }, (_, i) => symbol(dump, 'hstates') + BigInt(i * size));
  },
  rq: (dump) => new PerCpu(dump.typed).variables('runqueues').map(({ address }) => address),
  pcpu_hot: (dump) => new PerCpu(dump.typed).variables('pcpu_hot').map(({ address }) => address),
};

/** All objects of a structure in a dump. */
export function objects(dump: Dump, structure: string): readonly bigint[] {
  const find = OBJECTS[structure];
  return find ? dump.pool(structure, find) : [];
}

function perCpuOf(dump: Dump, owner: string, path: string): bigint[] {
  const perCpu = new PerCpu(dump.typed);
  const bases = unique(objects(dump, owner).map(member(dump, owner, path)));
  return bases.flatMap((base) => perCpu.possible.map((cpu) => perCpu.pointer(base, cpu)));
}

function partialSlabs(dump: Dump, struct: string): bigint[] {
  const partial = BigInt(offset(dump, 'kmem_cache_node', 'partial'));
  return objects(dump, 'kmem_cache_node').flatMap((node) =>
    listed(dump, node + partial, offset(dump, struct, 'slab_list')),
  );
}
