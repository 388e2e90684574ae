/**
 * Members that were renamed but kept their meaning: the names of each, newest first. Code may ask for any of
 * the names and gets the one that the kernel has. Members that also changed their form are not listed; code
 * must distinguish their forms (mm_struct.rss_stat, module.mem, kmem_cache.cpu_slab).
 */
const RENAMED_MEMBERS: readonly (readonly [struct: string, ...names: string[]])[] = [
  // 5.14, 2f064a59a11f "sched: Change task_struct::state"
  ['task_struct', '__state', 'state'],
  // 5.5, cf25e24db61c "time: Rename tsk->real_start_time to ->start_boottime"
  ['task_struct', 'start_boottime', 'real_start_time'],
  // 5.16, bcf9033e5449 "sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y"
  ['task_struct', 'thread_info.cpu', 'cpu'],
  // 7.1, d50569612c29: the word may hold a mask instead of the head's address
  ['page', 'compound_info', 'compound_head'],
  // 5.14, 28f836b6777b "mm/page_alloc: split per cpu page lists and zone stats"
  ['zone', 'per_cpu_pageset', 'pageset'],
  // 5.17, bb192ed9aa71 "mm/slub: Convert most struct page to struct slab by spatch"
  ['kmem_cache_cpu', 'slab', 'page'],
  // 6.15, 633488947ef6 "kernfs: Use RCU to access kernfs_node::parent."
  ['kernfs_node', '__parent', 'parent'],
];

/** Returns the given name, then the names of the same member in other kernels. */
export function namesOfMember(struct: string, path: string): string[] {
  const group = RENAMED_MEMBERS.find(([of, ...names]) => of === struct && names.includes(path));
  return group ? [path, ...group.slice(1).filter((name) => name !== path)] : [path];
}
