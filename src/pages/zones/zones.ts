import { latin1, u32At, u64At } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { requireNodeId } from '../../kernel/open/node-id.ts';
import { missingKey, required, type Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { MAX_NR_ZONES, MAX_NUMNODES, START_KERNEL_MAP } from '../../machine.ts';

/** A memory zone, and what the kernel counted as free in it. Figures are pages and pfns. */
export interface Zone {
  readonly node: number;
  /** Its number in enum zone_type. */
  readonly index: number;
  readonly name: string;
  readonly startPfn: number;
  readonly spannedPages: number;
  /** The sum over free_area of nr_free blocks times their size: what the buddy allocator holds. */
  readonly freeArea: number;
  /** vm_stat[NR_FREE_PAGES], to which each CPU adds its pending difference only now and then. */
  readonly vmStat: number;
}

/** A zone, and the free pages that the walk found in it. */
export interface ZoneCheck extends Zone {
  counted: number;
  /** Unaccepted memory among these: NR_FREE_PAGES has it, but its pages are on a list of their own. */
  unaccepted: number;
}

const NAMES = /^(DMA|DMA32|Normal|Movable|Device)\0/;
const POINTER = 8;
/** Pages of the widest physical address, 52 bits. */
const PFNS_LIMIT = 2 ** 40;

/** Offsets of the fields that the check reads, and sizes; bytes. */
interface ZoneFields {
  readonly size: number;
  readonly spanned: number;
  readonly vmStat: number;
  readonly freeArea: number;
  readonly freeAreaSize: number;
  readonly nrFree: number;
  readonly orders: number;
}

function zoneFields(info: Vmcoreinfo): ZoneFields {
  const need = (value: number | undefined, key: string) =>
    required(value, key, 'FREE cannot be checked against the kernel');
  const size = need(info.size('zone'), 'SIZE(zone)');
  const lists =
    need(info.length('free_area.free_list'), 'LENGTH(free_area.free_list)') *
    need(info.size('list_head'), 'SIZE(list_head)');
  const fields = {
    size,
    spanned: need(info.offset('zone.spanned_pages'), 'OFFSET(zone.spanned_pages)'),
    vmStat:
      need(info.offset('zone.vm_stat'), 'OFFSET(zone.vm_stat)') +
      8 * need(info.number('NR_FREE_PAGES'), 'NUMBER(NR_FREE_PAGES)'),
    freeArea: need(info.offset('zone.free_area'), 'OFFSET(zone.free_area)'),
    freeAreaSize: need(info.size('free_area'), 'SIZE(free_area)'),
    // nr_free follows the array of lists (struct free_area, include/linux/mmzone.h)
    nrFree: need(info.offset('free_area.free_list'), 'OFFSET(free_area.free_list)') + lists,
    orders: need(info.length('zone.free_area'), 'LENGTH(zone.free_area)'),
  };
  const parts = [
    fields.spanned - 16,
    fields.vmStat,
    fields.freeArea,
    fields.freeAreaSize,
    fields.nrFree,
    lists,
  ];
  const fits =
    parts.every((n) => n >= 0) &&
    Math.max(fields.vmStat, fields.spanned) + 8 <= size &&
    fields.freeArea + fields.freeAreaSize * fields.orders <= size &&
    fields.nrFree + 8 <= fields.freeAreaSize;
  if (fits && size <= 1 << 16 && fields.orders >= 1 && fields.orders <= 64) return fields;
  const message = `VMCOREINFO: the fields of struct zone do not fit into its ${size} bytes`;
  throw new InspectError('corrupt', message, { key: 'SIZE(zone)' });
}

/**
 * All zones with memory in them, node by node.
 * @throws InspectError missingInfo with the missing key; notMapped, notStored or corrupt
 */
export function readZones(kernel: Kernel): Zone[] {
  const fields = zoneFields(kernel.info);
  const all = nodes(kernel);
  return Array.from(all).flatMap((pgdat, node) => (pgdat === 0n ? [] : zonesOf(kernel, fields, node, pgdat)));
}

/** Addresses of each node's pglist_data, 0 where there is no such node. */
function nodes({ info, space }: Kernel): BigUint64Array {
  const table = info.symbol('node_data');
  if (table === undefined) {
    const only = info.symbol('contig_page_data');
    if (only === undefined)
      throw missingKey('SYMBOL(node_data)', 'FREE cannot be checked against the kernel');
    return BigUint64Array.of(only);
  }
  const key = 'LENGTH(node_data)';
  const length = required(info.length('node_data'), key, 'the number of nodes is unknown');
  if (length < 1 || length > MAX_NUMNODES) {
    throw new InspectError('corrupt', `VMCOREINFO: ${key} is ${length}, which is not a number of nodes`, {
      key,
    });
  }
  const pointers = space.bytes(table, length * POINTER);
  return new BigUint64Array(pointers.buffer, pointers.byteOffset, length);
}

/** Each struct zone of a node. */
function structs(kernel: Kernel, { size }: ZoneFields, pgdat: bigint, node: number): Uint8Array[] {
  const { info, space } = kernel;
  requireNodeId(kernel, node, pgdat);
  const offset = (name: string) => {
    const key = `pglist_data.${name}`;
    return required(info.offset(key), `OFFSET(${key})`, 'the zones cannot be found');
  };
  const [nrZonesAt, zonesAt] = [offset('nr_zones'), offset('node_zones')];
  const count = space.u32(pgdat + BigInt(nrZonesAt));
  if (count > MAX_NR_ZONES)
    throw new InspectError('corrupt', `node ${node}: nr_zones is ${count}`, { address: pgdat });
  return Array.from({ length: count }, (_, i) => space.bytes(pgdat + BigInt(zonesAt + i * size), size));
}

/** What a zone counts besides its free pages. */
export interface ZoneLruCounters {
  /** Pages that the buddy allocator was given. */
  readonly managed: number;
  /** vm_stat from NR_FREE_PAGES on, in the order of enum zone_stat_item. */
  readonly items: readonly number[];
}

/** @throws InspectError as readZones */
export function readZoneCounters(kernel: Kernel, items: number): ZoneLruCounters[] {
  const fields = zoneFields(kernel.info);
  const known = Math.min(items, Math.floor((fields.size - fields.vmStat) / 8));
  const number = (bytes: Uint8Array, at: number) => Number(BigInt.asIntN(64, u64At(bytes, at)));
  return Array.from(nodes(kernel)).flatMap((pgdat, node) =>
    (pgdat === 0n ? [] : structs(kernel, fields, pgdat, node)).map((bytes) => ({
      managed: number(bytes, fields.spanned - 8),
      items: Array.from({ length: known }, (_, i) => number(bytes, fields.vmStat + 8 * i)),
    })),
  );
}

/**
 * Pages of the whole machine by its zones: MemTotal and MemFree of /proc/meminfo, without the kernel's sums.
 * @throws InspectError as readZones
 */
export function totalsOfZones(kernel: Kernel): { readonly managed: number; readonly free: number } {
  const zones = readZoneCounters(kernel, 1);
  return {
    managed: zones.reduce((sum, { managed }) => sum + managed, 0),
    free: Math.max(
      0,
      zones.reduce((sum, { items }) => sum + (items[0] ?? 0), 0),
    ),
  };
}

/**
 * Pages of RAM in all zones, free or not, holes left out: present_pages, which follows spanned_pages since
 * 3.11 (include/linux/mmzone.h). Sections that are not online are not in it.
 * @throws InspectError as readZones
 */
export function countPresentPages(kernel: Kernel): number {
  const fields = zoneFields(kernel.info);
  const zones = Array.from(nodes(kernel)).flatMap((pgdat, node) =>
    pgdat === 0n ? [] : structs(kernel, fields, pgdat, node),
  );
  return zones.reduce((sum, bytes) => sum + Number(u64At(bytes, fields.spanned + 8)), 0);
}

function zonesOf(kernel: Kernel, fields: ZoneFields, node: number, pgdat: bigint): Zone[] {
  const all = structs(kernel, fields, pgdat, node).map((bytes, index) =>
    decodeZone(kernel, fields, bytes, { node, index }),
  );
  for (const zone of all) refuseImpossible(zone, pgdat);
  return all.filter((zone) => zone.spannedPages > 0);
}

function refuseImpossible({ node, name, startPfn, spannedPages }: Zone, address: bigint): void {
  if (spannedPages === 0 || startPfn + spannedPages <= PFNS_LIMIT) return;
  const what = `node ${node}: ${name} spans ${spannedPages} pages from pfn ${startPfn} on, more than there can be`;
  throw new InspectError('corrupt', what, { address });
}

function decodeZone(
  kernel: Kernel,
  f: ZoneFields,
  bytes: Uint8Array,
  id: { node: number; index: number },
): Zone {
  let freeArea = 0;
  for (let order = 0; order < f.orders; order++) {
    freeArea += Number(u64At(bytes, f.freeArea + order * f.freeAreaSize + f.nrFree)) * 2 ** order;
  }
  return {
    ...id,
    name: zoneName(kernel, f, bytes) ?? `zone ${id.index}`,
    // zone_start_pfn, managed_pages and spanned_pages follow each other in this order since 3.11
    // (include/linux/mmzone.h)
    startPfn: Number(u64At(bytes, f.spanned - 16)),
    spannedPages: Number(u64At(bytes, f.spanned)),
    freeArea,
    vmStat: Number(BigInt.asIntN(64, u64At(bytes, f.vmStat))),
  };
}

/**
 * VMCOREINFO has no offset of zone.name. It is the pointer shortly after spanned_pages that leads to one of
 * the five names.
 */
function zoneName({ space }: Kernel, f: ZoneFields, bytes: Uint8Array): string | undefined {
  for (let at = f.spanned + 8; at < Math.min(f.spanned + 72, f.size - 8); at += 8) {
    if (u32At(bytes, at + 4) !== 0xffff_ffff) continue;
    const pointer = u64At(bytes, at);
    if (pointer < START_KERNEL_MAP) continue;
    const name = nameAt(space, pointer);
    if (name) return name;
  }
  return undefined;
}

function nameAt(space: Kernel['space'], pointer: bigint): string | undefined {
  try {
    return NAMES.exec(latin1(space.bytes(pointer, 8)))?.[1];
  } catch (error) {
    // What only looks like a pointer leads nowhere. But an unreadable file is an error.
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}

/** The same zones with the kernel's counters read again. */
export function recounted(zones: readonly ZoneCheck[], now: readonly Zone[]): ZoneCheck[] {
  return zones.map((zone) => {
    const fresh = now.find((z) => z.node === zone.node && z.startPfn === zone.startPfn);
    return fresh ? { ...zone, freeArea: fresh.freeArea, vmStat: fresh.vmStat } : zone;
  });
}
