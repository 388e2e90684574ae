import { describe, expect, test } from 'vitest';
import {
  decodeEntry,
  entryFlagNames,
  indexAt,
  isCanonical,
  PAGING,
  type PagingLevel,
} from '../../../src/kernel/paging/paging.ts';

function levelOf(levels: 4 | 5, name: PagingLevel['name']): PagingLevel {
  const found = PAGING[levels].find((level) => level.name === name);
  if (!found) throw new Error(`no ${name} with ${levels} levels`);
  return found;
}

const PMD = levelOf(4, 'pmd');
const PUD = levelOf(4, 'pud');
const PTE = levelOf(4, 'pte');
const PGD = levelOf(4, 'pgd');

describe('decodeEntry', () => {
  test('drops the PAT bit of a 2 MiB page, which is bit 12', () => {
    expect(decodeEntry(0x4020_1083n | (1n << 12n), PMD, 0n)).toMatchObject({
      page: true,
      physical: 0x4020_0000,
    });
  });

  test('drops all bits below a 1 GiB page', () => {
    expect(decodeEntry(0x1_4020_10e3n, PUD, 0n)).toMatchObject({ page: true, physical: 0x1_4000_0000 });
  });

  test('keeps bit 12 of a table address', () => {
    expect(decodeEntry(0x4020_1063n, PMD, 0n)).toMatchObject({ page: false, physical: 0x4020_1000 });
  });

  test('takes bit 7 as PAT in the last level and ignores it in the first', () => {
    expect(decodeEntry(0x5083n, PTE, 0n)).toMatchObject({ page: true, physical: 0x5000 });
    expect(decodeEntry(0x5083n, PGD, 0n)).toMatchObject({ page: false, physical: 0x5000 });
  });

  test('drops NX and the software bits above the address', () => {
    expect(decodeEntry(0xfff0_0000_0000_5063n, PTE, 0n).physical).toBe(0x5000);
  });

  test('keeps the highest of 52 address bits', () => {
    expect(decodeEntry(0x0008_0000_0000_1063n, PTE, 0n).physical).toBe(2 ** 51 + 0x1000);
  });

  test('removes the encryption bit from the address and keeps it in the raw entry', () => {
    const raw = (1n << 47n) | 0x5063n;
    expect(decodeEntry(raw, PTE, 1n << 47n)).toMatchObject({ physical: 0x5000, raw });
    expect(decodeEntry(raw, PTE, 0n).physical).toBe(2 ** 47 + 0x5000);
  });

  test('reports whether an entry is present', () => {
    expect(decodeEntry(0x5062n, PTE, 0n).present).toBe(false);
    expect(decodeEntry(0x5063n, PTE, 0n).present).toBe(true);
  });
});

describe('flagNames', () => {
  const namesOf = (raw: bigint, level: PagingLevel) => entryFlagNames(decodeEntry(raw, level, 0n), level);

  test('names the flags of a global 2 MiB page', () => {
    expect(namesOf((1n << 63n) | 0x2001e3n, PMD)).toEqual([
      'PRESENT',
      'RW',
      'ACCESSED',
      'DIRTY',
      'NX',
      'PSE',
      'GLOBAL',
    ]);
  });

  test('names the global bit of a page without access PROTNONE', () => {
    expect(namesOf(0x5100n, PTE)).toEqual(['PROTNONE']);
  });

  test('does not name PAT of a 4 KiB page PSE', () => {
    expect(namesOf(0x5081n, PTE)).toEqual(['PRESENT']);
  });

  test('names user and cache bits', () => {
    expect(namesOf(0x501dn, PTE)).toEqual(['PRESENT', 'USER', 'PWT', 'PCD']);
  });
});

describe('isCanonical', () => {
  test.each([
    [0x0000_7fff_ffff_ffffn, 4, true],
    [0x0000_8000_0000_0000n, 4, false],
    [0xffff_7fff_ffff_ffffn, 4, false],
    [0xffff_8000_0000_0000n, 4, true],
    [0xff11_0000_0000_0000n, 4, false],
    [0x00ff_ffff_ffff_ffffn, 5, true],
    [0x0100_0000_0000_0000n, 5, false],
    [0xfeff_ffff_ffff_ffffn, 5, false],
    [0xff00_0000_0000_0000n, 5, true],
    [0xffff_ffff_ffff_ffffn, 5, true],
    // Past the end of the address space, which a long read reaches.
    [0x1_0000_0000_0000_0000n, 4, false],
  ] as const)('of 0x%s with %d levels is %s', (address, levels, expected) => {
    expect(isCanonical(address, levels)).toBe(expected);
  });
});

describe('indexAt', () => {
  test('takes nine bits per level of 0xffff888123456789', () => {
    // 0x8881_2345_6789: bits 47-39 are 0x111, 38-30 are 4, 29-21 are 0x11a, 20-12 are 0x56
    const indexes = PAGING[4].map((level) => indexAt(0xffff_8881_2345_6789n, level));
    expect(indexes).toEqual([0x111, 4, 0x11a, 0x56]);
  });

  test('has one more level on top with 5 levels', () => {
    // Bits 56-48 of 0xff11… are 0x111.
    const indexes = PAGING[5].map((level) => indexAt(0xff11_0000_0020_3000n, level));
    expect(indexes).toEqual([0x111, 0, 0, 1, 3]);
  });
});
