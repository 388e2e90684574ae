import { type Fact, fact } from '../../kernel/evidence/fact.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { useKeys } from '../attribution/choose-keys.ts';
import { type PageUse, USES, Use } from '../attribution/page-uses.ts';
import type { UseKeys } from '../attribution/use-keys.ts';
import { pagesOfUse, useOf } from '../attribution/use-of.ts';
import type { PageExplanation } from '../explain/explain.ts';
import type { StructPage } from '../explain/struct-page.ts';
import { factsOf, PageFact } from '../struct-pages/page-facts.ts';
import { folioFlags, pageFlagNames } from './flags.ts';
import { headOf, wordsOf } from './head.ts';
import { kfenceOwner, kfencePool } from './kfence.ts';
import { mapcountsOf, type PageMapcounts } from './mapcounts.ts';
import type { PageOwner } from './owner.ts';
import { bootOwner, listedOwner } from './owner-kernel.ts';
import { slabOwner } from './owner-slab.ts';
import { anonymousOwner, fileOwner, type HeadedPage, hugetlbOwner } from './owner-user.ts';
import { type PagePlace, placeOf } from './place.ts';

/** What a kernel's own types tell about a page, in addition to its class. */
export interface PageDetails {
  readonly use: PageUse;
  /** All flags that are set. */
  readonly flagNames: readonly string[];
  /** The order in the flags of a compound's first tail (6.6+); null for any other page. */
  readonly flagsOrder: number | null;
  readonly place: Fact<PagePlace | null>;
  /** The compound or free block that it is part of, or the page alone. */
  readonly head: { readonly pfn: number; readonly order: number; readonly refcount: number };
  readonly mapcounts: PageMapcounts;
  /** null where the owner is not recorded. */
  readonly owner: Fact<PageOwner | null>;
}

/**
 * Explains a page further, with BTF. @param physical what was asked for, bytes; null for the page as a whole
 * @throws InspectError missingInfo for a kernel without symbols or BTF, and for a page without a struct page
 */
export function pageDetails(
  typed: TypedKernel,
  page: PageExplanation,
  physical: number | null,
): PageDetails | null {
  const keys = useKeys(typed);
  const { structPage } = page;
  const head = headOf(typed.kernel, page);
  const words = wordsOf(typed.kernel, head);
  if (!structPage || !words) return null;
  const use = useOfPage(typed, page, words, keys);
  const name = USES[use] as PageUse;
  const headed = headedPage(typed, page, head, words, keys, use);
  return {
    use: name,
    ...(isFirstTail(page, head, keys)
      ? folioFlags(typed, structPage.flags)
      : pageFlags(typed, structPage, head === page.pfn ? name : 'kernel')),
    place: fact(() => placeOf(typed, structPage.flags, page.pfn)),
    head: { pfn: head, order: headed.order, refcount: headed.refcount },
    mapcounts: mapcountsOf(typed, structPage._mapcount, name, headed),
    owner: fact(() => ownerOf(typed, headed, name, structPage, physical)),
  };
}

function useOfPage(typed: TypedKernel, page: PageExplanation, words: Int32Array, keys: UseKeys): number {
  if (page.rule === 'offlineSection') return Use.offline;
  return kfencePool(typed)?.has(page.pfn) ? Use.kfence : useOf(words, 0, factsOf(words, 0, keys), keys);
}

/**
 * Whether its flags are those of a folio: since 6.6 they hold the order. Before, the order had a byte of its
 * own.
 */
function isFirstTail({ pfn, facts }: PageExplanation, head: number, keys: UseKeys): boolean {
  return pfn === head + 1 && (facts & PageFact.tail) !== 0 && keys.order.word === keys.stride + keys.flags;
}

function pageFlags(
  typed: TypedKernel,
  { flags, flagNames: known }: StructPage,
  use: PageUse,
): Pick<PageDetails, 'flagNames' | 'flagsOrder'> {
  return { flagNames: pageFlagNames(typed, flags, use) ?? known, flagsOrder: null };
}

function headedPage(
  typed: TypedKernel,
  { pfn, structPage }: PageExplanation,
  head: number,
  words: Int32Array,
  keys: UseKeys,
  use: number,
): HeadedPage {
  const size = BigInt(typed.types.struct('page').size);
  const low = (words[keys.mapping] as number) >>> 0;
  return {
    pfn,
    head,
    address: (structPage?.address ?? 0n) - BigInt(pfn - head) * size,
    mapping: (BigInt((words[keys.mapping + 1] as number) >>> 0) << 32n) | BigInt(low),
    order: Math.log2(pagesOfUse(words, 0, head, use, keys)),
    refcount: (words[keys.refcount] as number) | 0,
  };
}

function ownerOf(
  typed: TypedKernel,
  page: HeadedPage,
  use: PageUse,
  structPage: StructPage,
  physical: number | null,
): PageOwner | null {
  switch (use) {
    case 'slab':
      return slabOwner(typed, page, physical);
    case 'kfence':
      return kfenceOwner(typed, page.pfn);
    case 'fileCache':
      return fileOwner(typed, page, 'file');
    case 'shmem':
      return fileOwner(typed, page, 'shmem');
    case 'anonymous':
      return anonymousOwner(typed, page);
    case 'hugetlb':
      return hugetlbOwner(typed, page);
    case 'free':
      return { kind: 'free', head: page.head, order: page.order };
    case 'reserved':
      return bootOwner(typed, physical ?? page.pfn * PAGE_SIZE);
    case 'kernel':
      return listedOwner(typed, structPage.address);
    default:
      return null;
  }
}
