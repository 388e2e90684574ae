/** A structure of the kernel, the members that the program reads, and the commands that read them. */
export interface Structure {
  readonly name: string;
  readonly fields: readonly string[];
  readonly commands: readonly string[];
}

const LINKS = (name: string) => [`${name}.next`, `${name}.prev`];

/** Structures by the kind under which changes are counted. A member that a kernel lacks is skipped. */
export const STRUCTURES: Readonly<Record<string, readonly Structure[]>> = {
  'slab caches': [
    {
      name: 'kmem_cache',
      fields: [
        ...LINKS('list'),
        ...['size', 'object_size', 'oo.x', 'name', 'refcount', 'random', 'offset', 'flags', 'min_partial'],
        ...['cpu_slab', 'cpu_sheaves', 'node[0]', 'per_node[0].node'],
      ],
      commands: ['usage'],
    },
    {
      name: 'kmem_cache_node',
      fields: ['nr_slabs', 'total_objects', 'nr_partial', ...LINKS('partial')],
      commands: ['usage'],
    },
    { name: 'kmem_cache_cpu', fields: ['freelist', 'slab', 'page', 'partial'], commands: ['usage'] },
    { name: 'slub_percpu_sheaves', fields: ['main', 'spare', 'rcu_free'], commands: ['usage'] },
  ],
  'partial lists': [
    {
      name: 'slab',
      fields: [...LINKS('slab_list'), 'slab_cache', 'freelist', 'counters', 'inuse'],
      commands: ['usage', 'pages'],
    },
    { name: 'kmem_cache_node', fields: [...LINKS('partial'), 'nr_partial'], commands: ['usage'] },
  ],
  modules: [
    {
      name: 'module',
      fields: [
        ...LINKS('list'),
        ...[
          'state',
          'name',
          'mem[0].base',
          'mem[0].size',
          'mem[1].size',
          'core_layout.base',
          'core_layout.size',
        ],
        ...['kallsyms', 'num_syms', 'syms', 'init_layout.size'],
      ],
      commands: ['usage', 'info', 'symbols:virtio*'],
    },
  ],
  tasks: [
    {
      name: 'task_struct',
      fields: [
        ...LINKS('tasks'),
        ...LINKS('thread_node'),
        ...[
          'signal',
          'pid',
          'tgid',
          'comm',
          'real_parent',
          'cred',
          'mm',
          'stack',
          '__state',
          'state',
          'flags',
        ],
        ...['start_boottime', 'real_start_time', 'start_time', 'worker_private', 'set_child_tid'],
        ...['exit_state', 'cpu', 'thread_info.cpu', 'on_cpu', 'thread_pid', 'group_leader', 'active_mm'],
      ],
      commands: ['ps', 'info', 'usage'],
    },
    {
      name: 'signal_struct',
      fields: [...LINKS('thread_head'), 'nr_threads'],
      commands: ['ps', 'info'],
    },
    { name: 'cred', fields: ['uid', 'euid', 'uid.val', 'euid.val'], commands: ['ps'] },
    { name: 'pid', fields: ['tasks[0].first', 'level', 'numbers[0].nr'], commands: ['ps', 'info'] },
    {
      name: 'mm_struct',
      fields: [
        'rss_stat',
        'pgtables_bytes',
        ...['pgd', 'arg_start', 'arg_end', 'env_start', 'env_end'],
        'mm_users',
        'mm_count',
        'rss_stat[0].count',
        'rss_stat[1].count',
      ],
      commands: ['ps', 'usage'],
    },
  ],
  'per-CPU chunks': [
    {
      name: 'pcpu_chunk',
      fields: [...LINKS('list'), 'nr_populated', 'nr_pages', 'base_addr', 'nr_empty_pop_pages'],
      commands: ['usage'],
    },
  ],
  'vmap areas': [
    { name: 'vmap_area', fields: [...LINKS('list'), 'vm', 'va_start', 'va_end'], commands: ['usage'] },
    {
      name: 'vm_struct',
      fields: ['addr', 'size', 'flags', 'pages', 'nr_pages', 'caller', 'next'],
      commands: ['usage'],
    },
  ],
  'super blocks and files': [
    {
      name: 'super_block',
      fields: [...LINKS('s_list'), 's_dev', 's_type', 's_id', ...LINKS('s_inodes'), 's_mounts', 's_root'],
      commands: ['usage'],
    },
    { name: 'file_system_type', fields: ['name', 'next'], commands: ['usage'] },
    {
      name: 'inode',
      fields: ['i_sb', 'i_mapping', 'i_ino', 'i_size', 'i_dentry.first', 'i_rdev', ...LINKS('i_sb_list')],
      commands: ['usage'],
    },
    { name: 'address_space', fields: ['host', 'nrpages', 'i_pages.xa_head'], commands: ['usage'] },
    {
      name: 'dentry',
      fields: ['d_parent', 'd_name.name', 'd_name.len', 'd_hash.pprev', 'd_inode'],
      commands: ['usage'],
    },
  ],
  mounts: [
    {
      name: 'mount',
      fields: [
        ...['mnt_parent', 'mnt_mountpoint', 'mnt.mnt_root', 'mnt_ns', 'mnt_next_for_sb'],
        ...LINKS('mnt_instance'),
      ],
      commands: ['usage'],
    },
  ],
  'nodes and zones': [
    {
      name: 'pglist_data',
      fields: [
        'node_id',
        'node_start_pfn',
        'node_spanned_pages',
        'node_present_pages',
        'nr_zones',
        'per_cpu_nodestats',
      ],
      commands: ['pages', 'usage', 'page:4096'],
    },
    {
      name: 'zone',
      fields: [
        ...['zone_start_pfn', 'managed_pages', 'spanned_pages', 'present_pages', 'name', 'per_cpu_pageset'],
        ...['pageset', 'per_cpu_zonestats', 'vm_stat[0]', 'vm_stat[1]', 'zone_pgdat', 'node'],
        ...[
          'free_area[0].nr_free',
          'free_area[9].nr_free',
          'free_area[10].nr_free',
          'free_area[10].free_list[1].next',
        ],
      ],
      commands: ['pages', 'usage', 'page:4096'],
    },
  ],
  counters: [
    {
      name: 'hstate',
      fields: ['order', 'nr_huge_pages', 'free_huge_pages', 'resv_huge_pages', 'surplus_huge_pages'],
      commands: ['usage'],
    },
    { name: 'zone', fields: ['vm_stat[0]', 'managed_pages', 'present_pages'], commands: ['pages', 'usage'] },
    { name: 'pglist_data', fields: ['vm_stat[5]', 'vm_stat[16]', 'vm_stat[17]'], commands: ['usage'] },
  ],
  'per-CPU data': [
    { name: 'per_cpu_pages', fields: ['count', 'high', 'batch'], commands: ['usage', 'pages'] },
    {
      name: 'per_cpu_pageset',
      fields: ['pcp.count', 'vm_stat_diff[0]', 'vm_stat_diff[5]'],
      commands: ['usage', 'pages'],
    },
    {
      name: 'per_cpu_zonestat',
      fields: ['vm_stat_diff[0]', 'vm_stat_diff[7]'],
      commands: ['usage', 'pages'],
    },
    {
      name: 'per_cpu_nodestat',
      fields: ['vm_node_stat_diff[5]', 'vm_node_stat_diff[16]', 'vm_node_stat_diff[19]', 'stat_threshold'],
      commands: ['usage'],
    },
    { name: 'rq', fields: ['curr', 'nr_running', 'cpu', 'idle'], commands: ['ps', 'info'] },
    { name: 'pcpu_hot', fields: ['current_task', 'cpu_number'], commands: ['ps', 'info'] },
  ],
};
