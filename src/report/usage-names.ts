import type { UsageType } from '../pages/usage/types.ts';

/** What the rows are called, and what is in them. */
export const USAGE_NAMES: Readonly<Record<UsageType, readonly [name: string, description: string]>> = {
  anonymous: ['anonymous', 'Memory of processes'],
  fileCache: ['file cache', 'Pages of files and block devices'],
  shmem: ['shmem', 'Files in tmpfs, shared memory'],
  swapCache: ['swap cache', 'Shared memory with a copy in swap'],
  hugetlb: ['hugetlb', 'Huge pages of hugetlbfs, free ones too'],
  slab: ['slab', 'Slab caches'],
  largeKmalloc: ['large kmalloc', 'kmalloc of more than a slab has'],
  pageTables: ['page tables', 'That the kernel counts as such'],
  kernelStacks: ['kernel stacks', 'Of tasks, and kept for new ones'],
  code: ['code', 'Modules, BPF programs, trampolines'],
  vmalloc: ['vmalloc', 'Other areas of vmalloc()'],
  percpu: ['percpu', 'Per-CPU variables made after boot'],
  zsmalloc: ['zsmalloc', 'Compressed memory (zram, zswap)'],
  movable: ['movable', 'Pages that a driver lets move: balloons, zsmalloc'],
  kernelImage: ['kernel image', 'Code and data of the kernel'],
  memmap: ['struct pages', 'The memory map itself'],
  reserved: ['reserved', 'Firmware, tables made at boot, crash kernel'],
  notAttributed: ['not attributed', 'Page by page for drivers and others: nothing says for whom'],
  free: ['free', 'In the buddy allocator'],
  cpuFree: ['free, at CPUs', 'Free pages that CPUs keep for themselves'],
  unaccepted: ['unaccepted', 'Not yet accepted by the guest (TDX, SEV-SNP)'],
  offline: ['offline', 'Held by a balloon or virtio-mem, or not online'],
  hwpoison: ['hwpoison', 'Hardware memory errors'],
  uninitialized: ['uninitialized', 'Struct pages that were never written'],
  zoneDevice: ['device memory', 'ZONE_DEVICE: persistent memory, GPUs'],
  noStructPage: ['no struct page', 'Memory that the kernel does not manage'],
  unreadable: ['unknown', 'Struct pages that cannot be read'],
};

/** Why a counter of the kernel may rightly say something else, by its name: when more was found, and when fewer. */
export const DIFFERENCES: Readonly<Record<string, { readonly more?: string; readonly fewer?: string }>> = {
  NR_ANON_MAPPED: { more: 'pages that no process maps at this moment' },
  'NR_KERNEL_STACK_KB / 4': { more: 'stacks that CPUs keep for new tasks' },
  _totalram_pages: { fewer: 'a balloon that gives way on demand leaves its pages counted' },
  'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B': { fewer: 'the kernel counts large kmalloc here' },
};
