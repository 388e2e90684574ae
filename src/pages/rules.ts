import type { PageClass } from './page-class.ts';
import type { PageKeys, WordTest } from './page-keys.ts';

/** Which rule decided a page. The numbers are what the scan writes down, a byte a page. */
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
} as const;

export type Rule = (typeof Rule)[keyof typeof Rule];

/** Rules below this keep the page: its contents then say whether it is ZERO or KERN_DATA. */
export const FIRST_EXCLUDING: number = Rule.buddy;

interface RuleText {
  readonly name: keyof typeof Rule;
  /** null where the contents decide, or nothing can. */
  readonly class: PageClass | null;
  readonly reason: string;
}

/** What each rule means, indexed by its number. */
export const RULES: readonly RuleText[] = [
  { name: 'kernel', class: null, reason: 'no rule leaves it out: the kernel uses it' },
  { name: 'tail', class: null, reason: 'a tail of a compound page whose head nothing leaves out' },
  { name: 'badOrder', class: null, reason: 'marked as a free block, but of an order that there is none of' },
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
];

/** The largest compound of x86_64: 1 GiB (PUD_ORDER). */
const MAX_COMPOUND_ORDER = 18;

/** Pages by order: a table, for 2 ** order is a call, and a shift ends at 31. */
const PAGES = Float64Array.from({ length: 256 }, (_, order) => 2 ** order);

/*
 * The tests, in makedumpfile's order (__exclude_unnecessary_pages); the first that holds decides. `w` holds struct
 * pages as 32-bit words and `i` is the first word of one. Written for the scan: plain numbers, no object a page.
 */

function holds(w: Uint32Array, i: number, test: WordTest): boolean {
  return ((w[i + test.word] as number) & test.mask) === test.value;
}

/** Which rule decides the page whose struct page begins at word `i`. Pure. */
export function decide(w: Uint32Array, i: number, k: PageKeys): Rule {
  if (k.compound >= 0 && (w[i + k.compound] as number) & 1) return Rule.tail;
  const flags = w[i + k.flags] as number;
  const slab = (flags & k.slabMask) !== 0 || holds(w, i, k.slab);
  if (!slab && holds(w, i, k.buddy)) return buddyOrder(w, i, k) < k.buddyOrders ? Rule.buddy : Rule.badOrder;
  if (holds(w, i, k.unaccepted)) return Rule.unaccepted;
  const anonymous = !slab && ((w[i + k.mapping] as number) & 1) !== 0;
  if (!anonymous && isCache(flags, k)) return (flags & k.privateMask) === 0 ? Rule.cache : Rule.privateCache;
  if (anonymous) return Rule.anonymous;
  if ((flags & k.headMask) !== 0 && holds(w, i, k.hugetlb)) return Rule.hugetlb;
  if ((flags & k.hwpoisonMask) !== 0) return Rule.hwpoison;
  if (!slab && holds(w, i, k.offline)) return Rule.offline;
  return Rule.kernel;
}

function isCache(flags: number, k: PageKeys): boolean {
  return (flags & k.lruMask) !== 0 || (flags & k.swapMask) === k.swapMask;
}

/** The order that a free block's head says, as a number that no valid order reaches where it is absurd. */
function buddyOrder(w: Uint32Array, i: number, k: PageKeys): number {
  return (w[i + k.private + 1] as number) !== 0 ? Number.POSITIVE_INFINITY : (w[i + k.private] as number);
}

/**
 * How many pages share the verdict of the page at word `i`: a free block, or a compound page that is left out as a
 * whole. 1 for a page that stands alone, and where the order does not fit the pfn.
 */
export function pagesDecided(w: Uint32Array, i: number, pfn: number, rule: Rule, k: PageKeys): number {
  if (rule < FIRST_EXCLUDING) return 1;
  if (rule === Rule.buddy) return PAGES[w[i + k.private] as number] as number;
  if (rule === Rule.unaccepted) return PAGES[k.buddyOrders - 1] as number;
  return PAGES[compoundOrder(w, i, pfn, k)] as number;
}

/** The order of the compound that the page at word `i` is the head of; 0 for any other page. */
export function compoundOrder(w: Uint32Array, i: number, pfn: number, k: PageKeys): number {
  if (((w[i + k.flags] as number) & k.headMask) === 0) return 0;
  const order = ((w[i + k.order.word] as number) >>> k.order.shift) & k.order.mask;
  return order <= MAX_COMPOUND_ORDER && (pfn & ((1 << order) - 1)) === 0 ? order : 0;
}
