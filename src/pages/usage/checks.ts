import { type Check, type Comparison, check, type Explanation } from '../../kernel/evidence/check.ts';
import type { CheckFacts } from './check-facts.ts';
import { countsOf, scannedChecks } from './scanned-checks.ts';
import { managedPages, stackCounter } from './types.ts';

/**
 * Checks of all figures that the kernel has, too. Those of struct pages only where all of these were read.
 */
export function usageChecks(facts: CheckFacts): Check[] {
  const { attribution, counters } = facts;
  const scanned = attribution.exact
    ? [...(counters ? scannedChecks(facts, counters) : []), ...countedChecks(facts)]
    : [];
  return [...scanned, ...listedChecks(facts)];
}

type Compare = (
  name: string,
  counted: number,
  kernel: number | null | undefined,
  more?: Partial<Comparison>,
) => Check[];

/** Compares pages with a figure that not every kernel has. */
function comparing({ movement }: CheckFacts): Compare {
  return (name, counted, kernel, more = {}) =>
    kernel === null || kernel === undefined
      ? []
      : [check({ name, unit: 'pages', counted, kernel, movement: movement?.([]) ?? null, ...more })];
}

/** Struct pages against structures other than the counters of nodes and zones. */
function countedChecks(facts: CheckFacts): Check[] {
  const { attribution, slabs, unacceptedListed } = facts;
  const compare = comparing(facts);
  const listed = slabs?.whole ? sumOrNull(slabs.caches.map((cache) => cache.slabs)) : null;
  return [
    ...hugetlbChecks(facts, compare),
    ...compare('nr_slabs', countsOf(facts).slabHeads, listed, {
      unit: 'slabs',
      explained: [{ by: 'slabs that RCU has yet to give back', count: slabs?.waiting ?? 0 }],
    }),
    ...compare('unaccepted_pages', attribution.uses.unaccepted, unacceptedListed),
    ...managedChecks(facts, compare),
  ];
}

/**
 * Pages of a balloon that deflates on demand stay counted (VIRTIO_BALLOON_F_DEFLATE_ON_OOM): all of them, or
 * none.
 */
function managedChecks({ attribution, balloon, boot, managed }: CheckFacts, compare: Compare): Check[] {
  const counted = managedPages(attribution);
  const within = boot?.memmap.within ?? 0;
  const kept = balloon !== null && managed === counted - within + balloon ? -balloon : 0;
  const explained: readonly Explanation[] = [
    { by: 'pages of a balloon, which stay counted', count: kept },
    { by: 'struct pages of added memory that lie in it (memmap_on_memory)', count: within },
  ];
  return compare('_totalram_pages', counted, managed, { explained });
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

function hugetlbChecks(facts: CheckFacts, compare: Compare): Check[] {
  const { attribution, hugetlb } = facts;
  const pages = (huge: (pool: NonNullable<typeof hugetlb>[number]) => number) =>
    hugetlb?.reduce((all, pool) => all + huge(pool) * pool.pagesPerHugePage, 0);
  const nodes = facts.counters?.nodes ?? [];
  const ofNodes = nodes.flatMap(({ node }) => {
    const { hugetlb: counted } = countsOf(facts, (place) => place.node === node);
    const kernel = pages((pool) => pool.nodes[node] ?? 0);
    return compare('nr_huge_pages_node', counted, kernel, { node });
  });
  const all = compare(
    'nr_huge_pages',
    attribution.uses.hugetlb,
    pages(({ total }) => total),
  );
  return [...all, ...(nodes.length > 1 ? ofNodes : [])];
}

/** Lists of the kernel against its counters. */
function listedChecks(facts: CheckFacts): Check[] {
  const { counters, vmalloc, vmallocCounter, managed, percpu } = facts;
  const compare = comparing(facts);
  const zones = counters?.zones.reduce((all, zone) => all + zone.managed, 0);
  const areas = vmalloc?.whole ? vmalloc.pages + vmalloc.codePages + (vmalloc.stackPages ?? 0) : null;
  const name = vmallocCounter === null ? 'NR_VMALLOC' : 'nr_vmalloc_pages';
  return [
    ...stackChecks(facts, compare),
    ...(areas === null ? [] : compare(name, areas, vmallocCounter ?? counters?.get('NR_VMALLOC'))),
    ...(percpu?.whole ? compare('pcpu_nr_populated', percpu.chunks + percpu.before, percpu.counted) : []),
    ...(zones === undefined ? [] : compare('_totalram_pages, managed_pages of all zones', zones, managed)),
  ];
}

/** Stacks that are areas of vmalloc() against the counter. Where they are not, only the counter has them. */
function stackChecks(facts: CheckFacts, compare: Compare): Check[] {
  const { vmalloc } = facts;
  if (!vmalloc?.whole || vmalloc.stackPages === null || vmalloc.spareStacks === null) return [];
  const { pages: kernel } = stackCounter(facts);
  const { cached, other } = vmalloc.spareStacks;
  // The real-time patch of 5.10 takes an ended task's stack off the counter when RCU frees the task.
  const stillCounted = kernel !== null && vmalloc.stackPages - kernel === cached;
  const explained = [
    { by: 'stacks that CPUs keep for new tasks', count: cached },
    { by: `${cached === 0 ? '' : 'other '}stacks that no task has`, count: stillCounted ? 0 : other },
  ];
  return compare('NR_KERNEL_STACK_KB / 4', vmalloc.stackPages, kernel, { explained });
}
