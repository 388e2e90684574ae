import { Files } from '../../kernel/objects/files.ts';
import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { Mappers } from './mappers.ts';
import type { AnonymousOwner, FileOwner, HugetlbOwner, PageMappers } from './owner.ts';

/** Low bits of page.mapping (include/linux/page-flags.h): anonymous, and both for a page that KSM shares. */
const FLAGS = 3n;

/** A page, and the head of its compound, which speaks for it. */
export interface HeadedPage {
  readonly pfn: number;
  readonly head: number;
  /** Address of the head's struct page. */
  readonly address: bigint;
  /** The head's page.mapping. */
  readonly mapping: bigint;
  readonly order: number;
  readonly refcount: number;
}

export function fileOwner(typed: TypedKernel, page: HeadedPage, kind: FileOwner['kind']): FileOwner {
  const index = indexOf(typed, page);
  return {
    kind,
    file: new Files(typed).ofMapping(page.mapping),
    offset: index * BigInt(PAGE_SIZE),
    mapped: new Mappers(typed).ofFile(page.mapping, index, page.pfn),
  };
}

export function anonymousOwner(typed: TypedKernel, page: HeadedPage): AnonymousOwner {
  const anonVma = page.mapping & ~FLAGS;
  if ((page.mapping & FLAGS) === FLAGS) return { kind: 'ksm', anonVma, mapped: null };
  const mapped = new Mappers(typed).ofAnonymous(anonVma, indexOf(typed, page), page.pfn);
  return { kind: 'anonymous', anonVma, mapped };
}

export function hugetlbOwner(typed: TypedKernel, page: HeadedPage): HugetlbOwner {
  const { mapping, order, refcount } = page;
  const isFile = mapping !== 0n && (mapping & FLAGS) === 0n;
  return {
    kind: 'hugetlb',
    size: PAGE_SIZE * 2 ** order,
    free: refcount === 0,
    file: isFile ? new Files(typed).ofMapping(mapping) : null,
    mapped: mapping === 0n ? null : hugetlbMappers(typed, page, isFile),
  };
}

/**
 * The index of a huge page counts huge pages up to 6.6, and small pages since (a08c7193e4f1). The page tables
 * show which.
 */
function hugetlbMappers(typed: TypedKernel, page: HeadedPage, isFile: boolean): PageMappers {
  const mappers = new Mappers(typed);
  const at = (index: bigint) =>
    isFile
      ? mappers.ofFile(page.mapping, index, page.pfn)
      : mappers.ofAnonymous(page.mapping & ~FLAGS, index, page.pfn);
  const index = rawIndex(typed, page);
  const distance = BigInt(page.pfn - page.head);
  const small = at(index + distance);
  return small.count > 0 ? small : at((index << BigInt(page.order)) + distance);
}

/** Index of a page in its file or anon_vma, in pages: that of the head plus the page's distance from it. */
function indexOf(typed: TypedKernel, page: HeadedPage): bigint {
  return rawIndex(typed, page) + BigInt(page.pfn - page.head);
}

/** folio.index since there are folios (5.16). In 7.3 struct page no longer has an index. */
function rawIndex(typed: TypedKernel, page: HeadedPage): bigint {
  return typed.read(typed.types.findStruct('folio') ? 'folio' : 'page', page.address, 'index').big('index');
}
