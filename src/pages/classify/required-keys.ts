import { missingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { missingKey } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import type { PageClass } from './page-class.ts';

/** A row that cannot be told because a key is missing, which others that have its pages now have too many for. */
export interface UntoldRow {
  readonly key: string;
  readonly row: PageClass;
}

/** Keys that decide one row alone: without them its pages are taken for the kernel's. All others decide every row. */
const ONE_ROW: Readonly<Record<string, PageClass>> = {
  'NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)': 'offline',
  'NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)': 'user',
};

/**
 * Refuses to classify the pages of a kernel whose VMCOREINFO lacks what every row depends on.
 * @throws InspectError missingInfo, naming the key; corrupt, as pageKeys
 */
export function requireKeys({ info }: Kernel): void {
  // Of its own keys it says which rows they decide.
  pageKeys(info);
  const [first] = missingKeys(info, 'pages').filter(({ anyOf: [key = ''] }) => !(key in ONE_ROW));
  if (first) throw missingKey(first.anyOf.join(' or '), 'no page can be classified');
}

/**
 * Rows that only a key tells that the kernel must have, and that nothing in the dump tells.
 * @param looksPoisoned whether some page seems to have a memory error that the keys do not tell
 */
export function untoldRows({ info, unknownKeys = [] }: Kernel, looksPoisoned = false): UntoldRow[] {
  const marks = missingKeys(info, 'pages').flatMap(({ anyOf }) => {
    const [first = ''] = anyOf;
    const row = ONE_ROW[first];
    const key = anyOf.join(' or ');
    return row !== undefined && unknownKeys.includes(key) ? [{ key, row }] : [];
  });
  return looksPoisoned ? [...marks, { key: 'NUMBER(PG_hwpoison)', row: 'hwpoison' }] : marks;
}
