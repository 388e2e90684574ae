import type { HugetlbPool } from '../../kernel/objects/hugetlb.ts';
import type { PercpuMemory } from '../../kernel/objects/percpu-memory.ts';
import type { VmCounters } from '../../kernel/objects/vm-counters.ts';
import type { Attribution } from '../attribution.ts';
import type { PageUse } from '../page-uses.ts';
import type { BootMemory } from './boot-memory.ts';
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
  'noStructPage',
  'unreadable',
] as const;

export type UsageType = (typeof USAGE_TYPES)[number];

/** A counter of the kernel that should say the same, or that says a part of it. All figures are pages. */
export interface CounterCheck {
  /** As the kernel names it. */
  readonly name: string;
  readonly pages: number;
  /** Which rows are held against it. */
  readonly types: readonly UsageType[];
  readonly counted: number;
}

/** All rows. */
export interface TypeUses {
  /** Pages; null where that cannot be told. They are then in notAttributed or reserved. */
  readonly rows: Readonly<Record<UsageType, number | null>>;
  readonly checks: readonly CounterCheck[];
}

/** What rows are made from; null where it cannot be read. */
export interface TypeFacts {
  readonly attribution: Attribution;
  readonly counters: VmCounters | null;
  readonly vmalloc: VmallocUses | null;
  readonly percpu: PercpuMemory | null;
  readonly cpuFree: number | null;
  readonly hugetlb: readonly HugetlbPool[] | null;
  readonly boot: BootMemory | null;
  /** nr_vmalloc_pages; null in kernels that have NR_VMALLOC for it (7.3). */
  readonly vmallocCounter: number | null;
  /** _totalram_pages */
  readonly managed: number | null;
}

export function typeUses(facts: TypeFacts): TypeUses {
  const rows = rowsOf(facts);
  return { rows, checks: checksOf(facts, rows) };
}

type Rows = Record<UsageType, number | null>;

/** Rows that the struct pages tell, and those that lists of the kernel tell of pages that nothing marks; the rest is not attributed. */
function rowsOf(facts: TypeFacts): Rows {
  const { uses } = facts.attribution;
  const { boot } = facts;
  const listed = listedPages(facts);
  const largeKmalloc = largeKmallocPages(facts);
  const unmarked = [
    ...Object.values(listed),
    boot?.memmap.other ?? 0,
    uses.largeKmalloc > 0 ? 0 : largeKmalloc,
  ];
  const found: Partial<Rows> = {
    ...listed,
    largeKmalloc,
    kernelImage: boot?.image ?? null,
    memmap: boot ? boot.memmap.reserved + boot.memmap.other : null,
    reserved: uses.reserved - (boot ? boot.image + boot.memmap.reserved : 0),
    notAttributed: unmarked.reduce((left: number, pages) => left - (pages ?? 0), uses.kernel),
  };
  const rowOf = (type: UsageType) => (type in found ? (found[type] ?? null) : uses[type as PageUse]);
  return Object.fromEntries(USAGE_TYPES.map((type) => [type, rowOf(type)])) as Rows;
}

/** Pages that the kernel has lists or counters of, and no marks in their struct pages. */
function listedPages(facts: TypeFacts) {
  const { vmalloc, percpu } = facts;
  return {
    kernelStacks: vmalloc?.stackPages ?? stackCounter(facts),
    code: vmalloc?.codePages ?? null,
    vmalloc: vmalloc?.pages ?? null,
    percpu: percpu ? percpu.chunks - percpu.first : null,
    cpuFree: facts.cpuFree,
  };
}

/**
 * kmalloc of more than two pages is no slab, but counted with them (6a486c0ad4dc, 5.4). A page type says so in newer
 * kernels (PGTY_large_kmalloc); in others it is what the counter has more than there are pages of slabs.
 */
function largeKmallocPages({ attribution: { uses }, counters }: TypeFacts): number | null {
  if (uses.largeKmalloc > 0) return uses.largeKmalloc;
  const counted = sum(counters, 'NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B');
  return counted === null ? null : Math.max(0, counted - uses.slab);
}

const KIB_PER_PAGE = 4;

function stackCounter({ counters }: TypeFacts): number | null {
  const kib = counters?.get('NR_KERNEL_STACK_KB');
  return kib === undefined ? null : Math.ceil(kib / KIB_PER_PAGE);
}

/** The sum of counters; null where the kernel has none of them. */
function sum(counters: VmCounters | null, ...names: string[]): number | null {
  const values = names.map((name) => counters?.get(name)).filter((value) => value !== undefined);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}

function checksOf(facts: TypeFacts, rows: Rows): CounterCheck[] {
  const { counters } = facts;
  const checks: CounterCheck[] = [];
  const check = (name: string, pages: number | null | undefined, ...types: UsageType[]) => {
    if (pages === null || pages === undefined) return;
    checks.push({ name, pages, types, counted: types.reduce((all, type) => all + (rows[type] ?? 0), 0) });
  };
  const counter = (name: string, ...types: UsageType[]) => check(name, counters?.get(name), ...types);
  counter('NR_ANON_MAPPED', 'anonymous');
  counter('NR_FILE_PAGES', 'fileCache', 'shmem', 'swapCache');
  counter('NR_SHMEM', 'shmem');
  const pools = facts.hugetlb?.reduce((all, pool) => all + pool.total * pool.pagesPerHugePage, 0);
  check('nr_huge_pages', pools, 'hugetlb');
  const slabs = sum(counters, 'NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B');
  // Where large kmalloc is known by this counter alone, it is no evidence of it.
  const typed = facts.attribution.uses.largeKmalloc > 0;
  check(
    'NR_SLAB_RECLAIMABLE_B + NR_SLAB_UNRECLAIMABLE_B',
    slabs,
    ...(typed ? (['slab', 'largeKmalloc'] as const) : (['slab'] as const)),
  );
  counter('NR_PAGETABLE', 'pageTables');
  check('NR_KERNEL_STACK_KB / 4', stackCounter(facts), 'kernelStacks');
  const name = facts.vmallocCounter === null ? 'NR_VMALLOC' : 'nr_vmalloc_pages';
  check(name, facts.vmallocCounter ?? counters?.get('NR_VMALLOC'), 'vmalloc', 'code', 'kernelStacks');
  counter('NR_FREE_PAGES', 'free');
  if (facts.managed !== null) checks.push(managedCheck(facts, facts.managed));
  return checks;
}

const NEVER_MANAGED = ['reserved', 'noStructPage', 'unreadable', 'offline'] as const;

/** Everything that the page allocator has or gave out: not what was kept back at boot, nor what a balloon took away. */
function managedCheck({ attribution: { total, uses } }: TypeFacts, pages: number): CounterCheck {
  const counted = NEVER_MANAGED.reduce((left, use) => left - uses[use], total);
  const boot: readonly UsageType[] = [...NEVER_MANAGED, 'kernelImage', 'memmap'];
  return {
    name: '_totalram_pages',
    pages,
    types: USAGE_TYPES.filter((type) => !boot.includes(type)),
    counted,
  };
}
