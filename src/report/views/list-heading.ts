import { plural } from '../units.ts';
import type { UsageSort } from '../usage-sort.ts';
import { type Block, paragraph } from '../view.ts';

/** A list, which may be shown in part. */
interface Listed {
  readonly shown: number;
  readonly all: number;
  readonly exact: boolean;
  readonly sort?: UsageSort;
}

/** What a list is sorted by, after its number of entries. */
const ORDERS: Readonly<Record<UsageSort, string>> = {
  size: '',
  name: ', by name',
  objects: ', by objects',
  active: ', by active objects',
};

/** "The 5 largest of 126 slab caches:", "5 of 126 slab caches, by name:" */
export function listHeading(list: Listed, one: string, many = `${one}s`): Block {
  const { shown, exact, sort = 'size' } = list;
  if (shown === 0) return paragraph(exact ? `No ${many}` : `No ${many} could be read`);
  const text = shownOf(list, one, many);
  return paragraph(`${text.charAt(0).toUpperCase()}${text.slice(1)}${ORDERS[sort]}:`);
}

/** "The 5 largest of 126 slab caches", "5 of 126 slab caches", "126 slab caches" */
export function shownOf({ shown, all, exact, sort = 'size' }: Listed, one: string, many?: string): string {
  const total = `${exact ? '' : 'at least '}${plural(all, one, many)}`;
  if (shown >= all) return total;
  return sort === 'size' ? `The ${shown} largest of ${total}` : `${shown} of ${total}`;
}
