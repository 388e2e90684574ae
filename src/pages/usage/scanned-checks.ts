import { type Check, type Comparison, check, type Explanation } from '../../kernel/evidence/check.ts';
import type { Counters, VmCounters } from '../../kernel/objects/vm-counters.ts';
import type { PlaceUses } from '../attribution/attribution.ts';
import { TRAITS, USES } from '../attribution/page-uses.ts';
import type { CheckFacts } from './check-facts.ts';

/** Pages by use and trait: of all memory, of a node, or of a zone. */
export type Counts = PlaceUses['counts'];

/** A figure of the struct pages that should equal the sum of some counters of the kernel. */
interface Comparable {
  readonly counters: readonly string[];
  readonly counted: (counts: Counts) => number;
  readonly explained?: (counts: Counts) => readonly Explanation[];
  /** When the counters prove nothing. */
  readonly unless?: (facts: CheckFacts) => boolean;
}

const SLABS = ['NR_SLAB_RECLAIMABLE_B', 'NR_SLAB_UNRECLAIMABLE_B'];

const COMPARABLE: readonly Comparable[] = [
  {
    counters: ['NR_ANON_MAPPED'],
    counted: ({ anonymous }) => anonymous,
    explained: (c) => [{ by: 'anonymous pages that no page table maps', count: c.unmappedAnonymous }],
  },
  {
    counters: ['NR_FILE_PAGES'],
    counted: ({ fileCache, shmem, swapCache }) => fileCache + shmem + swapCache,
    explained: (c) => [{ by: 'anonymous pages in the swap cache', count: -c.swapCachedAnonymous }],
  },
  {
    counters: ['NR_INACTIVE_ANON', 'NR_ACTIVE_ANON', 'NR_INACTIVE_FILE', 'NR_ACTIVE_FILE', 'NR_UNEVICTABLE'],
    counted: ({ onLru }) => onLru,
  },
  { counters: ['NR_SHMEM'], counted: ({ shmem }) => shmem },
  { counters: ['NR_SWAPCACHE'], counted: (c) => c.swapCache + c.swapCachedAnonymous },
  {
    counters: SLABS,
    counted: ({ slab, largeKmalloc }) => slab + largeKmalloc,
    // Without a page type, large kmalloc is what this counter has in addition to the slabs. Then it only
    // proves that there are enough.
    unless: ({ marked, attribution: { uses }, counters }) =>
      !marked.largeKmalloc && uses.slab <= (sumOf(counters, SLABS) ?? 0),
  },
  { counters: ['NR_PAGETABLE'], counted: ({ pageTables }) => pageTables },
  {
    counters: ['NR_ZSPAGES'],
    counted: ({ zsmalloc }) => zsmalloc,
    unless: ({ marked }) => !marked.zsmalloc,
  },
  {
    counters: ['NR_FREE_PAGES'],
    counted: ({ free }) => free,
    explained: (c) => [{ by: 'unaccepted memory, which the kernel counts as free', count: -c.unaccepted }],
  },
];

/** Struct pages against the counters of the machine, of each node if there are several, and of each zone. */
export function scannedChecks(facts: CheckFacts, counters: VmCounters): Check[] {
  const parts = [
    { place: {}, counters, counts: countsOf(facts) },
    ...(counters.nodes.length > 1 ? counters.nodes.map((one) => nodePart(facts, one)) : []),
    ...counters.zones.map((one) => zonePart(facts, one)).filter(({ counts }) => hasAny(counts)),
  ];
  return COMPARABLE.filter(({ unless }) => !unless?.(facts)).flatMap((comparable) =>
    parts.flatMap((part) => compared(comparable, part, facts) ?? []),
  );
}

/** The counts of all memory, or of some places. */
export function countsOf(facts: CheckFacts, wanted: (place: PlaceUses) => boolean = () => true): Counts {
  const places = facts.attribution.places.filter(wanted);
  const sum = (name: keyof Counts) => places.reduce((all, { counts }) => all + counts[name], 0);
  return Object.fromEntries([...USES, ...TRAITS].map((name) => [name, sum(name)])) as Counts;
}

/** The machine, a node, or a zone. */
interface Part {
  readonly place: Pick<Comparison, 'node' | 'zone'>;
  readonly counters: Counters;
  readonly counts: Counts;
}

function nodePart(facts: CheckFacts, counters: VmCounters['nodes'][number]): Part {
  const { node } = counters;
  return { place: { node }, counters, counts: countsOf(facts, (place) => place.node === node) };
}

function zonePart(facts: CheckFacts, counters: VmCounters['zones'][number]): Part {
  const { node, index, name } = counters;
  const counts = countsOf(facts, (place) => place.node === node && place.zone === index);
  return { place: { node, zone: name }, counters, counts };
}

const hasAny = (counts: Counts) => Object.values(counts).some((count) => count > 0);

function compared(comparable: Comparable, part: Part, facts: CheckFacts): Check | undefined {
  const { counters: names, counted, explained } = comparable;
  const kernel = sumOf(part.counters, names);
  if (kernel === null) return undefined;
  return check({
    ...{ name: names.join(' + '), unit: 'pages', ...part.place, counted: counted(part.counts), kernel },
    ...{ explained: explained?.(part.counts) ?? [], movement: facts.movement?.(names) ?? null },
  });
}

/** null where the kernel has none of them. */
function sumOf(counters: Counters | null, names: readonly string[]): number | null {
  const values = names.map((name) => counters?.get(name)).filter((value) => value !== undefined);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
}
