import type { Kernel } from '../open/kernel.ts';
import type { Vmcoreinfo } from '../vmcoreinfo/vmcoreinfo.ts';
import { openMemSections } from './mem-section.ts';

/**
 * How many of the top bits of page.flags hold the number of a page's section, and after them that of its
 * node; the number of its zone follows (include/linux/page-flags-layout.h).
 */
export interface FlagsLayout {
  /** SECTIONS_WIDTH */
  readonly section: number;
  /** NODES_WIDTH */
  readonly node: number;
}

/** @throws InspectError as openMemSections */
export function flagsLayout(kernel: Kernel): FlagsLayout {
  return { section: openMemSections(kernel).flagBits, node: nodeBits(kernel.info) };
}

/** NODES_SHIFT: node_data has 1 << NODES_SHIFT entries. 0 without CONFIG_NUMA. */
export function nodeBits(info: Vmcoreinfo): number {
  return Math.ceil(Math.log2(info.length('node_data') ?? 1));
}
