import type { HugetlbPool } from '../../kernel/objects/hugetlb.ts';
import type { PercpuMemory } from '../../kernel/objects/percpu-memory.ts';
import type { Counters } from '../../kernel/objects/vm-counters.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { PageUse } from '../attribution/page-uses.ts';
import type { BootMemory } from './boot-memory.ts';
import { counted, type PageCount, sumOf, UNKNOWN_COUNT } from './page-count.ts';
import type { VmallocUses } from './vmalloc.ts';

/** What memory is used for, each page once; the names are those of the JSON document. */
export const USAGE_TYPES = [
  'anonymous',
  'fileCache',
  'shmem',
  'swapCache',
  'hugetlb',
  'slab',
  'largeKmalloc',
  'pageTables',
  'kernelStacks',
  'code',
  'vmalloc',
  'percpu',
  'zsmalloc',
  'kfence',
  'movable',
  'kernelImage',
  'memmap',
  'reserved',
  'notAttributed',
  'free',
  'cpuFree',
  'unaccepted',
  'offline',
  'hwpoison',
  'uninitialized',
  'zoneDevice',
  'noStructPage',
  'unreadable',
] as const;

export type UsageType = (typeof USAGE_TYPES)[number];

/** A counter of the kernel that should equal some rows, or a part of them. All figures are pages. */
export interface CounterCheck {
  /** As the kernel names it. */
  readonly name: string;
  readonly pages: number;
  /** The rows that are compared with it. */
  readonly types: readonly UsageType[];
  readonly counted: number;
}

export type Rows = Readonly<Record<UsageType, PageCount>>;

/** All rows. */
export interface TypeUses {
  /**
   * Memory without a row of its own is in notAttributed or reserved. These are unknown where something was
   * lost.
   */
  readonly rows: Rows;
  /** Counters whose rows are known. */
  readonly checks: readonly CounterCheck[];
}

/** What rows are made from; null where it cannot be read. */
export interface TypeFacts {
  readonly attribution: Attribution;
  readonly counters: Counters | null;
  readonly vmalloc: VmallocUses | null;
  readonly percpu: PercpuMemory | null;
  readonly cpuFree: number | null;
  readonly hugetlb: readonly HugetlbPool[] | null;
  readonly boot: BootMemory | null;
  /** nr_vmalloc_pages; null in kernels that have NR_VMALLOC for it (7.3). */
  readonly vmallocCounter: number | null;
  /** _totalram_pages */
  readonly managed: number | null;
  /** Whether nothing was lost, so that the remainders are known, too. */
  readonly whole: boolean;
}

export function typeUses(facts: TypeFacts): TypeUses {
  const rows = rowsOf(facts);
  return { rows, checks: checksOf(facts, rows) };
}

/**
 * Rows by struct pages, and by lists of the kernel for pages that nothing marks. The rest is not attributed.
 */
function rowsOf(facts: TypeFacts): Rows {
  const { uses, exact } = facts.attribution;
  const listed = listedPages(facts);
  const largeKmalloc = largeKmallocPages(facts);
  const found: Partial<Rows> = {
    ...listed,
    ...bootPages(facts),
    largeKmalloc,
    ...remainders(facts, [...Object.values(listed), uses.largeKmalloc > 0 ? UNKNOWN_COUNT : largeKmalloc]),
    // For each page it is known whether its use is.
    unreadable: { pages: uses.unreadable },
  };
  const rowOf = (type: UsageType) => found[type] ?? counted(uses[type as PageUse], exact);
  return Object.fromEntries(USAGE_TYPES.map((type) => [type, rowOf(type)])) as Rows;
}

/** Pages that are not marked in their struct pages, but that the kernel has in lists or counters. */
function listedPages(facts: TypeFacts) {
  const { vmalloc, percpu, cpuFree } = facts;
  return {
    kernelStacks: stackPages(facts),
    code: vmalloc ? counted(vmalloc.codePages, vmalloc.whole) : UNKNOWN_COUNT,
    vmalloc: vmalloc ? counted(vmalloc.pages, vmalloc.whole) : UNKNOWN_COUNT,
    percpu: percpu ? dynamicPercpu(percpu) : UNKNOWN_COUNT,
    cpuFree: { pages: cpuFree },
  };
}

/**
 * Where stacks are not areas of vmalloc(), the counter has all of them. Elsewhere it lacks those kept for new
 * tasks.
 */
function stackPages(facts: TypeFacts): PageCount {
  const { vmalloc } = facts;
  const counter = stackCounter(facts);
  if (vmalloc === null) return counter.pages === null ? UNKNOWN_COUNT : counted(counter.pages, false);
  return vmalloc.stackPages === null ? counter : counted(vmalloc.stackPages, vmalloc.whole);
}

/** Per-CPU memory allocated after boot. */
function dynamicPercpu({ chunks, first, whole }: PercpuMemory): PageCount {
  // If the list is cut, even the first chunk may be missing.
  return counted(Math.max(0, chunks - first), whole);
}

function bootPages({ boot }: TypeFacts) {
  if (!boot) return { kernelImage: UNKNOWN_COUNT, memmap: UNKNOWN_COUNT };
  return {
    kernelImage: counted(boot.image, boot.exact),
    memmap: counted(boot.memmap.reserved + boot.memmap.other, boot.exact),
  };
}

/** What is left after all rows that are known. @param unmarked rows of pages that struct pages do not mark */
function remainders({ attribution: { uses }, boot, whole }: TypeFacts, unmarked: readonly PageCount[]) {
  if (!whole || boot?.exact === false) return { reserved: UNKNOWN_COUNT, notAttributed: UNKNOWN_COUNT };
  const attributed = unmarked.reduce((all, { pages }) => all + (pages ?? 0), boot?.memmap.other ?? 0);
  return {
    reserved: { pages: uses.reserved - (boot ? boot.image + boot.memmap.reserved : 0) },
    notAttributed: { pages: uses.kernel - attributed },
  };
}

/**
 * kmalloc of more than two pages is not a slab, but counted with them (6a486c0ad4dc, 5.4). Newer kernels have
 * a page type for it (PGTY_large_kmalloc). In others it is what the counter has in addition to the pages of
 * slabs.
 */
function largeKmallocPages({ attribution: { uses, exact }, counters }: TypeFacts): PageCount {
  if (uses.largeKmalloc > 0) return counted(uses.largeKmalloc, exact);
  const all = sum(counters, 'NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B');
  return all === null || !exact ? UNKNOWN_COUNT : { pages: Math.max(0, all - uses.slab) };
}

const KIB_PER_PAGE = 4;

/** Pages of the stacks of tasks. */
export function stackCounter({ counters }: TypeFacts): PageCount {
  const kib = counters?.get('NR_KERNEL_STACK_KB');
  return kib === undefined ? UNKNOWN_COUNT : { pages: Math.ceil(kib / KIB_PER_PAGE) };
}

/** The sum of counters; null where the kernel has none of them. */
function sum(counters: Counters | null, ...names: string[]): number | null {
  const values = names.map((name) => counters?.get(name)).filter((value) => value !== undefined);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}

function checksOf(facts: TypeFacts, rows: Rows): CounterCheck[] {
  const { counters } = facts;
  const checks: CounterCheck[] = [];
  const check = (name: string, pages: number | null | undefined, ...types: UsageType[]) => {
    const found = sumOf(types.map((type) => rows[type]));
    if (pages === null || pages === undefined || found === null) return;
    checks.push({ name, pages, types, counted: found });
  };
  const counter = (name: string, ...types: UsageType[]) => check(name, counters?.get(name), ...types);
  counter('NR_ANON_MAPPED', 'anonymous');
  counter('NR_FILE_PAGES', 'fileCache', 'shmem', 'swapCache');
  counter('NR_SHMEM', 'shmem');
  const pools = facts.hugetlb?.reduce((all, pool) => all + pool.total * pool.pagesPerHugePage, 0);
  check('nr_huge_pages', pools, 'hugetlb');
  const slabs = sum(counters, 'NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B');
  // Where large kmalloc is known only by this counter, the counter proves nothing about it.
  const typed = facts.attribution.uses.largeKmalloc > 0;
  check(
    'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B',
    slabs,
    ...(typed ? (['slab', 'largeKmalloc'] as const) : (['slab'] as const)),
  );
  counter('NR_PAGETABLE', 'pageTables');
  const areas = typeof facts.vmalloc?.stackPages === 'number';
  if (areas) check('NR_KERNEL_STACK_KB / 4', stackCounter(facts).pages, 'kernelStacks');
  const name = facts.vmallocCounter === null ? 'NR_VMALLOC' : 'nr_vmalloc_pages';
  check(name, facts.vmallocCounter ?? counters?.get('NR_VMALLOC'), 'vmalloc', 'code', 'kernelStacks');
  counter('NR_FREE_PAGES', 'free');
  if (facts.managed !== null && facts.attribution.exact) checks.push(managedCheck(facts, facts.managed));
  return checks;
}

const NEVER_MANAGED = [
  'reserved',
  'noStructPage',
  'unreadable',
  'offline',
  'uninitialized',
  'zoneDevice',
] as const;

/**
 * Everything that the page allocator has or gave out: not what was reserved at boot, nor what a balloon took.
 */
export function managedPages({ total, uses, kfenceManaged = 0 }: Attribution): number {
  const known = total - (uses.kfence - kfenceManaged);
  return NEVER_MANAGED.reduce((left, use) => left - uses[use], known);
}

function managedCheck({ attribution }: TypeFacts, pages: number): CounterCheck {
  const boot: readonly UsageType[] = [...NEVER_MANAGED, 'kernelImage', 'memmap'];
  return {
    name: '_totalram_pages',
    pages,
    types: USAGE_TYPES.filter((type) => !boot.includes(type)),
    counted: managedPages(attribution),
  };
}
