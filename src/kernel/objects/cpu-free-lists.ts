import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { isCut, NODES_LIMIT, walkList } from './list.ts';
import { zoneAddresses } from './nodes.ts';
import { PerCpu } from './per-cpu.ts';

/** Limit of pages on all CPUs' lists to walk: 16 GiB. Beyond it only per_cpu_pages.count is used. */
const WALKED_LIMIT = 1 << 22;
/** MIGRATE_PCPTYPES (include/linux/mmzone.h): lists per order. */
const LISTS_OF_ORDER = 3;
/** PAGE_ALLOC_COSTLY_ORDER: lists after those of this order are of huge pages. */
const COSTLY_ORDER = 3;
const HUGE_ORDER = 9;

/**
 * Returns the free pages on CPUs' own lists (per_cpu_pages.count). They are not on the buddy allocator's
 * lists nor in its counters, and their struct pages do not show it. In a dump, each count is checked against
 * its lists.
 * @throws InspectError missingInfo, notMapped, notStored; corrupt for a zone with more managed than present
 * pages, for zones that share their lists, and if a CPU's lists do not have as many pages as it counts
 */
export function readCpuFreePages(typed: TypedKernel): number {
  const perCpu = new PerCpu(typed);
  const lists = new CpuLists(typed);
  let sum = 0;
  for (const base of pagesets(typed))
    for (const cpu of perCpu.possible) sum += lists.pagesOf(cpu, perCpu.pointer(base, cpu));
  return sum;
}

/** Returns the per-CPU pointers of the zones with memory. */
function pagesets(typed: TypedKernel): ReadonlySet<bigint> {
  const zone = typed.reader('zone', 'per_cpu_pageset', 'present_pages', 'managed_pages');
  const found = new Set<bigint>();
  for (const address of zoneAddresses(typed)) {
    const { present, managed } = pagesOf(zone.load(address));
    if (present < managed) {
      const what = `a zone has ${present} present_pages, but ${managed} managed_pages, which are part of them`;
      throw new InspectError('corrupt', what, { address });
    }
    if (present === 0) continue;
    const base = zone.big('per_cpu_pageset');
    if (found.has(base) || base === 0n) {
      const what = base === 0n ? 'no per-CPU lists' : 'the per-CPU lists of another one';
      throw new InspectError('corrupt', `the zone at ${hex(address)} has ${what}`, { address });
    }
    found.add(base);
  }
  return found;
}

function pagesOf(zone: StructReader<'present_pages' | 'managed_pages'>) {
  return { present: zone.number('present_pages'), managed: zone.number('managed_pages') };
}

/** Reads struct per_cpu_pages (mm/page_alloc.c). */
class CpuLists {
  readonly #typed: TypedKernel;
  readonly #pages: StructReader<'count'>;
  /** Bytes to it in what a zone's per-CPU pointer leads to. */
  readonly #inside: bigint;
  /** Bytes from there to its lists. */
  readonly #lists: bigint;
  /** Number of lists. */
  readonly #length: number;
  #left = WALKED_LIMIT;

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#pages = typed.reader('per_cpu_pages', 'count');
    // Before 5.14 (28f836b6777b) the lists were in one structure with the CPU's counters.
    this.#inside = BigInt(typed.types.findStruct('per_cpu_pageset')?.offsetOf('pcp') ?? 0);
    const { offset, size } = this.#pages.type.field('lists');
    this.#lists = BigInt(offset);
    this.#length = size / 16;
  }

  pagesOf(cpu: number, pageset: bigint): number {
    const at = pageset + this.#inside;
    const count = this.#pages.load(at).number('count');
    if (this.#typed.space.live || count > this.#left) return count;
    this.#left -= count;
    const listed = this.#listed(cpu, at);
    if (listed === count) return count;
    const what = `the lists of CPU ${cpu} at ${hex(at)} have ${listed} free pages, but its count is ${count}`;
    throw new InspectError('corrupt', what, { address: at });
  }

  #listed(cpu: number, at: bigint): number {
    let pages = 0;
    for (let list = 0; list < this.#length; list++) {
      const head = at + this.#lists + BigInt(16 * list);
      const { nodes, broken } = walkList(this.#typed.space, head, NODES_LIMIT);
      if (isCut(broken)) {
        const what = `a list of free pages of CPU ${cpu} is broken at ${hex(broken?.address ?? head)}`;
        throw new InspectError('corrupt', `${what}: ${broken?.reason}`, { address: head });
      }
      pages += nodes.length << orderOf(list);
    }
    return pages;
  }
}

/** pindex_to_order: lists of all orders since 5.13 (44042b449872); before, of single pages. */
function orderOf(list: number): number {
  const order = Math.floor(list / LISTS_OF_ORDER);
  return order > COSTLY_ORDER ? HUGE_ORDER : order;
}
