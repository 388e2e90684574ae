import { describe, expect, test } from 'vitest';
import type { PageKeys } from '../../../src/pages/struct-pages/page-keys.ts';
import { keysOf } from '../../builders/decide.ts';
import { failureOf } from '../../builders/failure.ts';
import { SHAPES } from '../../builders/kernel-shapes.ts';

const failureWith = (key: string, value: string | null) =>
  failureOf(() => keysOf(SHAPES['6.12'], false, { [key]: value }));

describe('keys without which no page can be classified', () => {
  test.each([
    'SIZE(page)',
    'OFFSET(page.flags)',
    'OFFSET(page._refcount)',
    'OFFSET(page.mapping)',
    'OFFSET(page.private)',
    'OFFSET(page._mapcount)',
    'NUMBER(PG_lru)',
    'NUMBER(PG_private)',
    'NUMBER(PG_swapcache)',
    'NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)',
    'LENGTH(zone.free_area)',
  ])('%s is missing information', (key) => {
    expect(failureWith(key, null)).toMatchObject({ kind: 'missingInfo', facts: { key } });
  });

  test.each([
    ['NUMBER(PG_lru)', 'NON_PRI_CACHE'],
    ['NUMBER(PG_private)', 'PRI_CACHE'],
    ['NUMBER(PG_swapcache)', 'NON_PRI_CACHE'],
    ['NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)', 'FREE'],
    ['LENGTH(zone.free_area)', 'FREE'],
  ])('the message about %s names the row %s', (key, row) => {
    expect(failureWith(key, null).message).toContain(row);
  });
});

describe('keys that a kernel may do without', () => {
  const all = keysOf(SHAPES['6.12']);
  /** A test that holds for no page. */
  const never = { word: 0, mask: 0, value: 1 };

  test.each<[string, Partial<PageKeys>]>([
    ['NUMBER(PG_swapbacked)', { swapMask: all.swapcacheMask }],
    ['NUMBER(PG_hwpoison)', { hwpoisonMask: 0 }],
    ['NUMBER(PG_head_mask)', { headMask: 0 }],
    ['NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)', { offline: never }],
    ['NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)', { hugetlb: never }],
    ['NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)', { slab: never }],
    ['OFFSET(page.compound_head)', { compound: -1, tail: { word: 0, mask: 0 } }],
  ])('%s: what it tells holds for no page then, and all else is the same', (key, instead) => {
    const without = keysOf(SHAPES['6.12'], false, { [key]: null });
    expect(without).toEqual({ ...all, ...instead });
    expect(without).not.toEqual(all);
  });
});

describe('keys whose values cannot be', () => {
  test.each([
    ['SIZE(page)', '0'],
    ['SIZE(page)', '62'],
    ['SIZE(page)', '1048576'],
    ['OFFSET(page.flags)', '64'],
    ['OFFSET(page.flags)', '2'],
    ['OFFSET(page.mapping)', '-8'],
    ['OFFSET(page.compound_head)', '4096'],
    ['NUMBER(PG_lru)', '31'],
    ['NUMBER(PG_lru)', '-1'],
    ['NUMBER(PG_hwpoison)', '64'],
    ['NUMBER(PG_swapcache)', 'ten'],
    ['NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)', '0xzz'],
  ])('%s=%s is corrupt', (key, value) => {
    expect(failureWith(key, value)).toMatchObject({ kind: 'corrupt', facts: { key } });
  });

  test.each([
    ['OFFSET(page.compound_order)', '64'],
    ['OFFSET(page.compound_order)', '-1'],
    ['OFFSET(page.compound_dtor)', '100'],
  ])('%s=%s lies outside the first two struct pages', (key, value) => {
    const changes = { [key]: value };
    expect(failureOf(() => keysOf(SHAPES['5.10'], false, changes)).kind).toBe('corrupt');
  });

  // A u64 is read at both: 8 bytes must fit, not 4.
  test.each(['OFFSET(page.private)', 'OFFSET(page.flags)'])('%s=60 leaves no room for 8 bytes', (key) => {
    expect(failureWith(key, '60')).toMatchObject({ kind: 'corrupt', facts: { key } });
  });

  test.each(['-1', '0', '65'])('LENGTH(zone.free_area)=%s is not a number of orders', (value) => {
    expect(failureWith('LENGTH(zone.free_area)', value)).toMatchObject({
      kind: 'corrupt',
      facts: { key: 'LENGTH(zone.free_area)' },
    });
  });
});

describe('the compound word', () => {
  test('is compound_info where a kernel has it, since 7.1', () => {
    const both = { 'OFFSET(page.compound_info)': '8', 'OFFSET(page.compound_head)': '32' };
    expect(keysOf(SHAPES['7.1'], false, both).compound).toBe(2);
  });
});
