import { describe, expect, it } from 'vitest';
import type { PageExplanation } from '../../src/pages/explain/explain.ts';
import type { StructPage } from '../../src/pages/explain/struct-page.ts';
import { type DetailsFact, pageReport } from '../../src/report/page-report.ts';
import { pageView } from '../../src/report/views/page-view.ts';
import { PFN, pageDetails } from '../builders/page-details.ts';
import { violations } from '../support/schema.ts';
import { textOf } from '../support/text-of.ts';

const STRUCT: StructPage = {
  ...{ address: 0xffff_ea00_0004_8c00n, flags: 0x20n, flagNames: ['PG_lru'], _refcount: 1, _mapcount: -1 },
  ...{ pageType: null, mapping: 0n, private: 0n, compound: 0n, order: 0 },
};
const PAGE: PageExplanation = {
  ...{
    pfn: PFN,
    contents: 'stored',
    zero: false,
    section: 0,
    structPage: STRUCT,
    structPageError: null,
    facts: 0,
  },
  ...{ rule: 'kernel', reason: 'the kernel uses it', decidedBy: null, class: 'kernelData' },
};
const NO_TYPES: DetailsFact = { missing: 'this kernel has no BTF' };

const reportOf = (page: Partial<PageExplanation>, details: DetailsFact = { value: null }) =>
  pageReport({ ...PAGE, ...page }, details, {
    ...{ file: { path: 'core', format: 'ELF64 vmcore' }, warnings: [], complete: true },
  });

/** Returns the values of the text under a name. */
async function said(name: string, page: Partial<PageExplanation>, details: DetailsFact = { value: null }) {
  const text = await textOf(pageView(reportOf(page, details)), { columns: 400 });
  return text.split('\n').flatMap((line) => (line.trim().startsWith(`${name} `) ? [line.slice(15)] : []));
}
const structSaid = async (name: string, changes: Partial<StructPage>) =>
  await said(name, { structPage: { ...STRUCT, ...changes } });

describe('the text on a page', () => {
  it('begins with its number and its address', async () => {
    const text = await textOf(pageView(reportOf({})));
    expect(text).toMatch(/^pfn 4656 {2}physical 0x1230000\n {2}class {8}KERN_DATA\n/);
  });

  it('does not guess a class', async () => {
    expect(await said('class', { class: null, rule: 'unreadable' })).toEqual(['unknown']);
  });

  it('names the head that decided, and zeros if they decided the class', async () => {
    const because = async (page: Partial<PageExplanation>) =>
      await said('because', { reason: 'why', ...page });
    expect(await because({ rule: 'buddy', decidedBy: 4608 })).toEqual(['buddy: why; its head is pfn 4608']);
    expect(await because({ zero: true })).toEqual(['kernel: why; all its bytes are zero']);
    // A free page is free, whatever is in it.
    expect(await because({ rule: 'buddy', zero: true })).toEqual(['buddy: why']);
  });

  it.each([
    ['stored', true, 'stored, all zero'],
    ['stored', false, 'stored, not all zero'],
    ['notStored', null, 'not stored in the dump'],
    ['truncated', null, 'past the end of the truncated file'],
    ['otherPart', null, 'in a part of the split dump that was not given'],
    ['corrupt', null, 'damaged in the dump'],
    ['unreadable', null, 'unreadable'],
  ] as const)(
    'says that the contents are %s, and of zeros what is known: %s',
    async (contents, zero, text) => {
      expect(await said('contents', { contents, zero })).toEqual([text]);
    },
  );

  it('says what needs the types of the kernel, and why they are missing', async () => {
    expect(await said('more', {}, NO_TYPES)).toEqual([
      "the names of all flags, the zone and the owner need the kernel's types (BTF): this kernel has no BTF",
    ]);
    expect(await said('more', {})).toEqual([]);
    const found: DetailsFact = { value: pageDetails({ value: { kind: 'memmap', section: 3 } }) };
    expect(await said('more', {}, found)).toEqual([]);
    expect(await said('owner', {}, found)).toEqual(['struct pages of memory section 3']);
  });
});

describe('a struct page in the text', () => {
  it('may be missing or unreadable', async () => {
    expect(await said('struct page', { structPage: null })).toEqual(['none']);
    const structPageError = 'virtual address 0x1 is not mapped';
    expect(await said('struct page', { structPage: null, structPageError })).toEqual([structPageError]);
  });

  it('has a page type and an order only if it has them', async () => {
    expect(await structSaid('_mapcount', {})).toEqual(['-1']);
    const slab = { _mapcount: -184549376, pageType: 'slab' } as const;
    expect(await structSaid('_mapcount', slab)).toEqual(['-184549376  page type: slab']);
    expect(await structSaid('compound', { compound: null })).toEqual(['unknown']);
    expect(await structSaid('compound', {})).toEqual(['0x0000000000000000']);
    expect(await structSaid('compound', { order: 9 })).toEqual([
      '0x0000000000000000  head of 2^9 pages, 2 MiB',
    ]);
  });
});

describe('the document on a page', () => {
  it('has the names of all flags if the types of the kernel are there', () => {
    const value = { ...pageDetails({ value: null }), flagNames: ['PG_lru', 'PG_active'] };
    expect(reportOf({}).structPage?.flagNames).toEqual(['PG_lru']);
    expect(reportOf({}, { value }).structPage?.flagNames).toEqual(['PG_lru', 'PG_active']);
  });

  it('says why there are no details, or no owner and no zone', () => {
    expect(reportOf({}, NO_TYPES)).toMatchObject({ details: null, detailsError: 'this kernel has no BTF' });
    const lost = { missing: 'lost', kind: 'notMapped' } as const;
    const report = reportOf({}, { value: pageDetails(lost, { place: lost }) });
    const nowhere = { node: null, zone: null, inZoneSpan: null };
    expect(report.details).toMatchObject({ ...nowhere, owner: null, ownerError: 'lost' });
    expect(violations('page', report)).toEqual([]);
  });

  it('has null for unknown fields of a struct page, and for a missing struct page', () => {
    const old = reportOf({ structPage: { ...STRUCT, compound: null } });
    expect(old.structPage?.compound).toBeNull();
    const none = reportOf({ structPage: null });
    expect(none.structPage).toBeNull();
    for (const report of [old, none]) expect(violations('page', report)).toEqual([]);
  });
});
