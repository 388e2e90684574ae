import { expect, test } from 'vitest';
import type { Attribution } from '../../../src/pages/attribution/attribution.ts';
import { OwnerTable } from '../../../src/pages/attribution/owner-table.ts';
import { fileUses } from '../../../src/pages/usage/files.ts';
import { Problems } from '../../../src/pages/usage/problems.ts';
import { patchedKernel } from '../../support/patched-kernel.ts';

/** More than are named, by addresses that no kernel maps: from 1 page on, each with one more. */
const FILES = 100_003;

test('the number of files that are named is bounded, also where all are asked for', () => {
  const typed = patchedKernel('linux-6.12-numa');
  try {
    const mappings = new OwnerTable();
    for (let i = 1; i <= FILES; i++) mappings.add(8 * i, 0xffff_8000, i);
    const attribution = { mappings, hugetlb: new OwnerTable(), exact: true } as unknown as Attribution;
    const uses = fileUses(typed, attribution, Number.POSITIVE_INFINITY, new Problems(typed.kernel));
    expect(uses).toMatchObject({ count: FILES, countExact: true, leftOutUpTo: 3 });
    expect(uses.files).toHaveLength(100_000);
    expect(uses.files[0]?.found).toEqual({ pages: FILES });
  } finally {
    typed.kernel.image.close();
  }
}, 120_000);
