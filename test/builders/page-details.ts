import type { MemoryFile } from '../../src/kernel/objects/files.ts';
import type { PageDetails } from '../../src/pages/details/details.ts';
import type { PageMappers, PageOwner } from '../../src/pages/details/owner.ts';
import { pageDetailsReport } from '../../src/report/page-details.ts';
import { properties } from '../../src/report/view.ts';
import { detailProperties } from '../../src/report/views/page-details-text.ts';
import { textOf } from '../support/text-of.ts';

/** The page that the details are about. */
export const PFN = 0x1230;
export const FILE: MemoryFile = {
  ...{ mapping: 0xffff_8880_0100_0170n, inode: 0xffff_8880_0100_0000n, ino: 131n, size: 9000n, nrpages: 3 },
  ...{ type: 'ext4', device: '8:1', id: 'sda1', path: '/usr/bin/cat', names: 'initial', deleted: false },
  ...{ dax: false, unnamed: null },
};
export const NOBODY: PageMappers = { mappers: [], count: 0, complete: true };

/** What BTF says about the page: only `owner` and the given changes. */
export function pageDetails(owner: PageDetails['owner'], changes: Partial<PageDetails> = {}): PageDetails {
  return {
    use: 'kernel',
    flagNames: [],
    flagsOrder: null,
    place: { value: { node: 1, zone: 'Normal', inSpan: true } },
    head: { pfn: PFN, order: 0, refcount: 1 },
    mapcounts: { page: 0, compound: {} },
    owner,
    ...changes,
  };
}

/** The value of a line by its name; undefined if there is no such line. */
export async function lineOf(name: string, details: PageDetails): Promise<string | undefined> {
  const view = [properties(detailProperties(pageDetailsReport(details), PFN), 12)];
  const lines = (await textOf(view, { columns: 1000 })).split('\n');
  return lines.find((line) => line.startsWith(`${name}  `))?.slice(12);
}

export const ownerLine = (value: PageOwner | null) => lineOf('owner', pageDetails({ value }));

export const mappersLine = (mapped: PageMappers | null, kind: 'anonymous' | 'ksm' = 'anonymous') =>
  lineOf('mapped by', pageDetails({ value: { kind, anonVma: 0xffff_8880_0200_0000n, mapped } }));
