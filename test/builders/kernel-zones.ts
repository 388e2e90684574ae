import { stextOf } from './kallsyms.ts';
import { BuiltKernel, IN_IMAGE, type KernelPlan } from './kernel.ts';
import type { BuiltMemory } from './memory.ts';

/** A zone as its kernel stores it. Pages and pfns. */
export interface ZonePlan {
  readonly name: 'DMA' | 'DMA32' | 'Normal' | 'Movable' | 'Device';
  readonly start: number;
  readonly spanned: number;
  /** Free blocks by order. */
  readonly free?: readonly number[];
  /** vm_stat[NR_FREE_PAGES]; the sum of the blocks if absent. */
  readonly vmStat?: bigint;
}

interface ZonesPlan {
  /** NUMA: zones by node; null for a node that does not exist. */
  readonly nodes: readonly (readonly ZonePlan[] | null)[];
  /** Whether the nodes are in node_data, or the only one is contig_page_data. */
  readonly numa?: boolean;
  /** pglist_data.nr_zones instead of the true number. */
  readonly nrZones?: number;
}

/** Bytes; the fields are in the order of include/linux/mmzone.h. */
const ZONE = { start: 80, spanned: 96, name: 128, freeArea: 192, vmStat: 1216, size: 1664 };
/** Five lists of 16 bytes, then nr_free. */
const FREE_AREA = { nrFree: 80, size: 88 };
const PGDAT = { zones: 0, nrZones: 8960, bytes: 12288 };
/** The size of a node, and where it has its number of zones, in bytes. */
export const ZONE_SIZES = { pgdat: PGDAT.bytes, nrZones: PGDAT.nrZones };
/**
 * NR_VM_NUMA_EVENT_ITEMS or nothing come before it: the index in vm_stat that NUMBER(NR_FREE_PAGES) gives.
 */
const NR_FREE_PAGES = 2;
const NAME_ORDER = ['DMA', 'DMA32', 'Normal', 'Movable', 'Device'] as const;
/** 1 << NODES_SHIFT, with CONFIG_NODES_SHIFT=6: the node is in the top 6 bits of flags. */
export const MAX_NODES = 64;
/** Where contig_page_data lies in the image; bytes from _stext. */
const CONTIG_PAGE_DATA = 0x1_0000;

/** What VMCOREINFO says about nodes and zones, except where the nodes are. */
export const ZONE_KEYS = {
  'SIZE(zone)': `${ZONE.size}`,
  'OFFSET(zone.free_area)': `${ZONE.freeArea}`,
  'OFFSET(zone.vm_stat)': `${ZONE.vmStat}`,
  'OFFSET(zone.spanned_pages)': `${ZONE.spanned}`,
  'SIZE(free_area)': `${FREE_AREA.size}`,
  'OFFSET(free_area.free_list)': '0',
  'LENGTH(free_area.free_list)': '5',
  'SIZE(list_head)': '16',
  'NUMBER(NR_FREE_PAGES)': `${NR_FREE_PAGES}`,
  'OFFSET(pglist_data.node_zones)': `${PGDAT.zones}`,
  'OFFSET(pglist_data.nr_zones)': `${PGDAT.nrZones}`,
};

/** A made-up kernel with zones, whose own counters the scan can be checked against. */
export function kernelWithZones(plan: KernelPlan, zones: ZonesPlan): BuiltKernel {
  const numa = zones.numa ?? true;
  const address = (offset: number) => (stextOf(plan) + BigInt(offset)).toString(16);
  const where: Record<string, string> = numa
    ? { 'SYMBOL(node_data)': address(IN_IMAGE.nodeData), 'LENGTH(node_data)': `${MAX_NODES}` }
    : { 'SYMBOL(contig_page_data)': address(CONTIG_PAGE_DATA) };
  const built = new BuiltKernel({ ...plan, keys: { ...ZONE_KEYS, ...where, ...plan.keys } });
  NAME_ORDER.forEach((name, i) => {
    built.memory.write(built.imageAt + IN_IMAGE.names + 8 * i, Buffer.from(`${name}\0`, 'latin1'));
  });
  zones.nodes.forEach((node, i) => {
    if (!node) return;
    const pgdat = numa ? built.allocate(PGDAT.bytes) : built.imageAt + CONTIG_PAGE_DATA;
    if (numa) built.memory.writeU64(built.imageAt + IN_IMAGE.nodeData + 8 * i, built.direct(pgdat));
    built.memory.writeU32(pgdat + PGDAT.nrZones, zones.nrZones ?? node.length);
    node.forEach((zone, z) => {
      const name = built.stext + BigInt(IN_IMAGE.names + 8 * NAME_ORDER.indexOf(zone.name));
      writeZone(built.memory, pgdat + PGDAT.zones + z * ZONE.size, zone, name);
    });
  });
  return built;
}

/** Writes a struct zone whose name is at the virtual address `name`. */
export function writeZone(memory: BuiltMemory, at: number, zone: ZonePlan, name: bigint): void {
  const free = zone.free ?? [];
  const sum = free.reduce((pages, blocks, order) => pages + blocks * 2 ** order, 0);
  memory.writeU64(at + ZONE.start, BigInt(zone.start));
  memory.writeU64(at + ZONE.spanned, BigInt(zone.spanned));
  memory.writeU64(at + ZONE.name, name);
  free.forEach((blocks, order) => {
    memory.writeU64(at + ZONE.freeArea + order * FREE_AREA.size + FREE_AREA.nrFree, BigInt(blocks));
  });
  memory.writeU64(at + ZONE.vmStat + 8 * NR_FREE_PAGES, zone.vmStat ?? BigInt(sum));
}
