import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { compoundOrder } from '../struct-pages/compound-order.ts';
import { factsOf, PageFact, type PageFacts } from '../struct-pages/page-facts.ts';
import { type PageKeys, pageKeys } from '../struct-pages/page-keys.ts';
import type { StructPages } from '../struct-pages/struct-pages.ts';

/** A page type, by the name of its VMCOREINFO key. */
export type PageType = 'buddy' | 'offline' | 'unaccepted' | 'slab' | 'hugetlb';

/** A struct page, decoded as far as VMCOREINFO goes. */
export interface StructPage {
  /** Virtual address. */
  readonly address: bigint;
  readonly flags: bigint;
  /** The flags whose bits VMCOREINFO names, as the kernel spells them. */
  readonly flagNames: readonly string[];
  readonly _refcount: number;
  /** The word that is _mapcount or page_type. */
  readonly _mapcount: number;
  readonly pageType: PageType | null;
  readonly mapping: bigint;
  readonly private: bigint;
  /** compound_head or compound_info; null where the kernel has neither. */
  readonly compound: bigint | null;
  /** Order of the compound that this page is the head of, 0 for any other page. */
  readonly order: number;
}

/** A struct page, and what it says, as the rules ask for it. */
export interface DecodedStructPage {
  readonly page: StructPage;
  readonly facts: PageFacts;
}

/** The struct page of a pfn: decoded, null without one, or why it cannot be read. */
export function decodeStructPage(
  kernel: Kernel,
  structPages: StructPages,
  pfn: number,
): DecodedStructPage | null | string {
  const keys = pageKeys(kernel.info);
  try {
    const address = structPages.addressOf(pfn);
    if (address === null) return null;
    const [gap] = structPages.readRun(pfn, 1).unreadable;
    if (gap) return gap.reason;
    return decoded(kernel, keys, structPages.words, pfn, address);
  } catch (error) {
    if (error instanceof InspectError) return error.message;
    throw error;
  }
}

/** @param w the struct page's words, from the first on */
function decoded(
  kernel: Kernel,
  keys: PageKeys,
  w: Int32Array,
  pfn: number,
  address: bigint,
): DecodedStructPage {
  const at = (word: number) => w[word] as number;
  const wide = (word: number) => (BigInt(at(word + 1) >>> 0) << 32n) | BigInt(at(word) >>> 0);
  const facts = factsOf(w, 0, keys);
  const page = {
    address,
    flags: wide(keys.flags),
    flagNames: flagNames(kernel, at(keys.flags), keys.headMask),
    _refcount: at(keys.refcount) | 0,
    _mapcount: at(keys.type) | 0,
    pageType: pageTypeOf(facts, keys),
    mapping: wide(keys.mapping),
    private: wide(keys.private),
    compound: keys.compound < 0 ? null : wide(keys.compound),
    order: compoundOrder(w, 0, pfn, keys),
  };
  return { page, facts };
}

function pageTypeOf(facts: PageFacts, keys: PageKeys): PageType | null {
  const is = (fact: number) => (facts & fact) !== 0;
  if (is(PageFact.buddy)) return 'buddy';
  if (is(PageFact.offline)) return 'offline';
  if (is(PageFact.unaccepted)) return 'unaccepted';
  // In older kernels this is a flag, not a type.
  if (is(PageFact.slab) && keys.slabMask === 0) return 'slab';
  // Of hugetlb's four forms only the page type is a type. The rule that decided tells the others.
  return is(PageFact.hugetlb) && keys.hugetlb.word === keys.type ? 'hugetlb' : null;
}

/**
 * Why there is no struct page where it should be; null where one may be. Only a tail is mapped without a
 * reference.
 */
export function unwritten({ page, facts }: DecodedStructPage): string | null {
  const { address, _mapcount, _refcount } = page;
  if ((facts & PageFact.tail) !== 0 || _mapcount < 0 || _refcount > 0) return null;
  return `there is no struct page where its own should be, at ${hex(address)}: _mapcount ${_mapcount}, _refcount ${_refcount}`;
}

/** The names of the flags that VMCOREINFO gives numbers of: NUMBER(PG_...), and PG_head by its mask. */
function flagNames({ info }: Kernel, flags: number, headMask: number): string[] {
  // PG_hugetlb (6.6 to 6.8) is a flag of page[1], where this bit means something else.
  const isSet = (name: string, text: string) =>
    name !== 'PG_hugetlb' && /^\d+$/.test(text) && Number(text) < 32 && ((flags >>> Number(text)) & 1) === 1;
  const names = info.keys().flatMap((key) => {
    const name = /^NUMBER\((PG_[a-z]+)\)$/.exec(key)?.[1];
    return name !== undefined && isSet(name, info.get(key) ?? '') ? [name] : [];
  });
  return (flags & headMask) === 0 ? names : [...names, 'PG_head'];
}
