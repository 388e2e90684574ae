/*
 * Facts of x86_64 that hold for every kernel and every dump.
 */

/** Bytes of a page (PAGE_SIZE, arch/x86/include/asm/page_types.h). */
export const PAGE_SIZE = 4096;

/** Limit of physical addresses: MAX_PHYSMEM_BITS with 5 levels is 52 (arch/x86/include/asm/sparsemem.h). */
export const PHYSICAL_LIMIT = 2 ** 52;

/** __START_KERNEL_map: base of the image mapping, without KASLR (arch/x86/include/asm/page_64_types.h). */
export const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;

/**
 * Bytes that a PUD entry maps; the kernel aligns its regions to it, also with KASLR (arch/x86/mm/kaslr.c).
 */
export const GIB = 1n << 30n;

/** Pages of the largest compound page, a hugetlb page of 1 GiB. No block of the buddy allocator is larger. */
export const LARGEST_BLOCK = 2 ** 18;

/** Limit of NUMA nodes: MAX_NUMNODES is at most this (NODES_SHIFT, arch/x86/Kconfig). */
export const MAX_NUMNODES = 1 << 10;

/**
 * Limit of zones in a node: DMA, DMA32, NORMAL, MOVABLE and DEVICE, with some reserve
 * (include/linux/mmzone.h).
 */
export const MAX_NR_ZONES = 8;

/** End of the image mapping: at most 1 GiB (KERNEL_IMAGE_SIZE); modules follow. */
export const IMAGE_END = START_KERNEL_MAP + (1n << 30n);
