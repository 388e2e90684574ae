import type { TypedKernel } from '../../kernel/types/typed-kernel.ts';
import type { PageUse } from '../attribution/page-uses.ts';
import type { HeadedPage } from './owner-user.ts';

/** How often a page is mapped. The kernel's own counters start at -1, these at 0. */
export interface PageMapcounts {
  /** Of the page itself; null where the word is a page type. */
  readonly page: number | null;
  /** Counters of the compound that it is part of, as the kernel names them; empty for a page alone. */
  readonly compound: Readonly<Record<string, number>>;
}

/** Uses that processes map. Other compounds and free blocks use these words for something else. */
const MAPPABLE: ReadonlySet<PageUse> = new Set(['anonymous', 'fileCache', 'shmem', 'swapCache', 'hugetlb']);

/** Counters of struct folio (5.16+). Before, they are in page[1]. */
const FOLIO = ['_large_mapcount', '_entire_mapcount'] as const;

/** @throws InspectError notMapped or notStored */
export function mapcountsOf(
  typed: TypedKernel,
  word: number,
  use: PageUse,
  { address, order }: HeadedPage,
): PageMapcounts {
  const page = word >= -1 ? word + 1 : null;
  if (order === 0 || !MAPPABLE.has(use)) return { page, compound: {} };
  const folio = typed.types.findStruct('folio');
  if (!folio) {
    const second = address + BigInt(typed.types.struct('page').size);
    const name = 'compound_mapcount';
    return { page, compound: { [name]: typed.read('page', second, name).number(name) + 1 } };
  }
  const names = FOLIO.filter((name) => folio.has(name));
  const counts = names.map((name) => [name, typed.read('folio', address, name).number(name) + 1]);
  return { page, compound: Object.fromEntries(counts) as Record<string, number> };
}
