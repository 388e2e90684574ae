/**
 * Members that kernels renamed and left with the same meaning: the names of one member of a structure, newest first.
 * Whoever asks for one of them gets whichever the kernel has. What also changed its form is not here: it takes code
 * that asks which form there is (mm_struct.rss_stat, module.mem, kmem_cache.cpu_slab).
 */
export const RENAMED_MEMBERS: readonly (readonly [struct: string, ...names: string[]])[] = [
  // 5.14, 2f064a59a11f "sched: Change task_struct::state"
  ['task_struct', '__state', 'state'],
  // 5.16, bcf9033e5449 "sched: move CPU field back into thread_info if THREAD_INFO_IN_TASK=y"
  ['task_struct', 'thread_info.cpu', 'cpu'],
  // 7.1, d50569612c29: the word may hold a mask in place of the head's address
  ['page', 'compound_info', 'compound_head'],
  // 5.14, 28f836b6777b "mm/page_alloc: split per cpu page lists and zone stats"
  ['zone', 'per_cpu_pageset', 'pageset'],
  // 5.17, bb192ed9aa71 "mm/slub: Convert most struct page to struct slab by spatch"
  ['kmem_cache_cpu', 'slab', 'page'],
];

/** The name that was asked for, then the others that the same member has in other kernels. */
export function namesOfMember(struct: string, path: string): string[] {
  const group = RENAMED_MEMBERS.find(([of, ...names]) => of === struct && names.includes(path));
  return group ? [path, ...group.slice(1).filter((name) => name !== path)] : [path];
}
