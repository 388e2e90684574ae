import { missingKeys } from '../../kernel/keys/expected-keys.ts';
import type { Kernel } from '../../kernel/open/kernel.ts';
import { missingKey } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import { pageKeys } from '../struct-pages/page-keys.ts';
import type { PageClass } from './page-class.ts';

/** A row that is unknown because a key is missing. Its pages are counted in other rows. */
export interface UntoldRow {
  readonly key: string;
  readonly row: PageClass;
}

/**
 * Keys that decide a single row: without them its pages count as the kernel's. All other keys decide every
 * row.
 */
const ONE_ROW: Readonly<Record<string, PageClass>> = {
  'NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)': 'offline',
  'NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)': 'user',
};

/**
 * Refuses to classify the pages of a kernel whose VMCOREINFO lacks what every row depends on.
 * @throws InspectError missingInfo, naming the key; corrupt, as pageKeys
 */
export function requireKeys({ info }: Kernel): void {
  // It names the rows that its own keys decide.
  pageKeys(info);
  const [first] = missingKeys(info, 'pages').filter(({ anyOf: [key = ''] }) => !(key in ONE_ROW));
  if (first) throw missingKey(first.anyOf.join(' or '), 'no page can be classified');
}

/**
 * Rows for which VMCOREINFO lacks a key that the kernel must have, and that nothing else in the dump
 * replaces.
 * @param looksPoisoned whether some page seems to have a memory error that VMCOREINFO has no key for
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
