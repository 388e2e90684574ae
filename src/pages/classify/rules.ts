import { compoundOrder } from '../struct-pages/compound-order.ts';
import { FACTS_END, factsOf, PageFact } from '../struct-pages/page-facts.ts';
import type { PageKeys } from '../struct-pages/page-keys.ts';
import type { PageClass } from './page-class.ts';

/** Which rule decided a page. The numbers are indexes of RULES. */
export const Rule = {
  kernel: 0,
  tail: 1,
  badOrder: 2,
  noStructPage: 3,
  buddy: 4,
  unaccepted: 5,
  cache: 6,
  privateCache: 7,
  anonymous: 8,
  hugetlb: 9,
  hwpoison: 10,
  offline: 11,
  unreadable: 12,
  headUnread: 13,
  uninitialized: 14,
  zoneDevice: 15,
  offlineSection: 16,
} as const;

export type Rule = (typeof Rule)[keyof typeof Rule];

/** Rules below this one keep the page, and its contents say whether it is ZERO or KERN_DATA. */
export const FIRST_EXCLUDING: number = Rule.buddy;

interface RuleText {
  readonly name: keyof typeof Rule;
  /** null where the contents decide, and where the class is unknown. */
  readonly class: PageClass | null;
  readonly reason: string;
}

/** What each rule means, by its number. */
export const RULES: readonly RuleText[] = [
  { name: 'kernel', class: null, reason: 'no exclusion rule matches, so it counts as kernel data' },
  { name: 'tail', class: null, reason: 'a tail of a compound page whose head no rule excludes' },
  { name: 'badOrder', class: null, reason: 'marked as a free block, but of an impossible order' },
  { name: 'noStructPage', class: null, reason: 'it has no struct page: its section is not present' },
  { name: 'buddy', class: 'free', reason: 'in a free block of the buddy allocator' },
  { name: 'unaccepted', class: 'free', reason: 'memory that the guest has not accepted yet (TDX, SEV-SNP)' },
  {
    name: 'cache',
    class: 'nonPrivateCache',
    reason: 'page cache without private data: on an LRU list or in the swap cache, not anonymous',
  },
  { name: 'privateCache', class: 'privateCache', reason: 'page cache with private data (PG_private)' },
  { name: 'anonymous', class: 'user', reason: 'anonymous memory of a process (mapping bit 0)' },
  { name: 'hugetlb', class: 'user', reason: 'a huge page of hugetlbfs' },
  { name: 'hwpoison', class: 'hwpoison', reason: 'hardware memory error (PG_hwpoison)' },
  { name: 'offline', class: 'offline', reason: 'logically offline: held by a balloon or virtio-mem' },
  { name: 'unreadable', class: null, reason: 'its struct page cannot be read' },
  {
    name: 'headUnread',
    class: null,
    reason: 'it may belong to a free block or compound whose head is a struct page that cannot be read',
  },
  {
    name: 'uninitialized',
    class: 'uninitialized',
    reason:
      'its struct page was never written: no flag, no reference, and a _mapcount of 0, which only a mapped page has',
  },
  {
    name: 'zoneDevice',
    class: 'zoneDevice',
    reason: 'memory of a device (ZONE_DEVICE), which the page allocator never manages',
  },
  {
    name: 'offlineSection',
    class: 'offline',
    reason: 'its memory section is not online, so its struct page says nothing',
  },
];

/** Larger than any block: the largest has 2^18 pages, 1 GiB. */
const LARGEST_ORDER = 30;
/**
 * Pages by order. A table of small integers, because 2 ** order is a call and would make the walk's numbers
 * floating-point.
 */
const PAGES = Int32Array.from({ length: 256 }, (_, order) => 2 ** Math.min(order, LARGEST_ORDER));

/**
 * The tests, in makedumpfile's order (__exclude_unnecessary_pages): the first that matches decides. The first
 * and the last are not makedumpfile's.
 */
function ruleFor(facts: number): Rule {
  const is = (fact: number) => (facts & fact) !== 0;
  if (is(PageFact.device)) return Rule.zoneDevice;
  if (is(PageFact.tail)) return Rule.tail;
  if (is(PageFact.buddy) && !is(PageFact.slab)) return is(PageFact.validOrder) ? Rule.buddy : Rule.badOrder;
  if (is(PageFact.unaccepted)) return Rule.unaccepted;
  const anonymous = is(PageFact.anonymous) && !is(PageFact.slab);
  if (is(PageFact.cache) && !anonymous) return is(PageFact.privateData) ? Rule.privateCache : Rule.cache;
  if (anonymous) return Rule.anonymous;
  if (is(PageFact.hugetlb)) return Rule.hugetlb;
  if (is(PageFact.hwpoison)) return Rule.hwpoison;
  if (is(PageFact.offline) && !is(PageFact.slab)) return Rule.offline;
  return is(PageFact.uninitialized) ? Rule.uninitialized : Rule.kernel;
}

const NOT_ASKED_YET = 255;
/** The rule by facts, filled in as facts are met: of thousands of combinations a dump has some twenty. */
const RULE_FOR = new Uint8Array(FACTS_END).fill(NOT_ASKED_YET);

/** Which rule decides a page with these facts. */
export function ruleOf(facts: number): Rule {
  const known = RULE_FOR[facts] as Rule | typeof NOT_ASKED_YET;
  return known === NOT_ASKED_YET ? firstFor(facts) : known;
}

/** Which rule decides the page whose struct page begins at word `i`. */
export function decide(w: Int32Array, i: number, k: PageKeys): Rule {
  return ruleOf(factsOf(w, i, k));
}

function firstFor(facts: number): Rule {
  const rule = ruleFor(facts);
  RULE_FOR[facts] = rule;
  return rule;
}

/**
 * How many pages the page at word `i` decides: those of a free block, or of a compound that is excluded as a
 * whole. 1 for a page that stands alone, and where the pfn is not aligned to the order.
 */
export function pagesDecided(w: Int32Array, i: number, pfn: number, rule: Rule, k: PageKeys): number {
  if (rule < FIRST_EXCLUDING) return 1;
  if (rule === Rule.buddy) return PAGES[w[i + k.private] as number] as number;
  if (rule === Rule.unaccepted) return PAGES[k.buddyOrders - 1] as number;
  return PAGES[compoundOrder(w, i, pfn, k)] as number;
}
