import { describe, expect, it } from 'vitest';
import { InspectError } from '../../../src/errors.ts';
import type { MemoryFile } from '../../../src/kernel/objects/files.ts';
import type { PageDetails } from '../../../src/pages/details/details.ts';
import type { PageOwner } from '../../../src/pages/details/owner.ts';
import {
  FILE,
  lineOf,
  mappersLine,
  NOBODY,
  ownerLine,
  PFN,
  pageDetails,
} from '../../builders/page-details.ts';

describe('the file of a page', () => {
  const fileOf = async (changes: Partial<MemoryFile>, kind: 'file' | 'shmem' = 'file') =>
    await ownerLine({ kind, file: { ...FILE, ...changes }, offset: 0x2000n, mapped: NOBODY });

  it('has its path, its inode, its file system and the offset of the page', async () => {
    expect(await fileOf({})).toBe('/usr/bin/cat, inode 131 of ext4 8:1 (sda1), at offset 0x2000');
    expect(await fileOf({ type: 'tmpfs', device: '0:22', id: 'tmpfs', path: '/dev/shm/a' }, 'shmem')).toBe(
      '/dev/shm/a, inode 131 of tmpfs 0:22 (tmpfs), at offset 0x2000',
    );
  });

  it('is marked as deleted if its name is gone, as in /proc/PID/maps', async () => {
    expect(await fileOf({ deleted: true })).toMatch(/^\/usr\/bin\/cat \(deleted\), inode 131 /);
  });

  it('is only its inode if no name is left', async () => {
    expect(await fileOf({ path: null })).toBe('inode 131 of ext4 8:1 (sda1), at offset 0x2000');
    const unnamed = new InspectError('notMapped', 'the dentry is\x1bgone');
    expect(await fileOf({ path: null, deleted: null, unnamed })).toBe(
      'inode 131 of ext4 8:1 (sda1), whose name cannot be read: the dentry is\\x1bgone, at offset 0x2000',
    );
  });
});

describe('a page of hugetlbfs', () => {
  const huge = { kind: 'hugetlb', size: 2 << 20, free: false, file: null, mapped: NOBODY } as const;

  it.each<[string, PageOwner, string]>([
    ['is free', { ...huge, free: true }, 'free in the pool of 2 MiB'],
    ['is anonymous', huge, 'anonymous, of the pool of 2 MiB'],
    [
      'is of a file',
      {
        ...huge,
        size: 1 << 30,
        file: { ...FILE, path: '/mnt/huge', type: 'hugetlbfs', device: '0:40', id: 'none' },
      },
      '/mnt/huge, inode 131 of hugetlbfs 0:40 (none), of the pool of 1 GiB',
    ],
  ])('%s', async (_, owner, text) => {
    expect(await ownerLine(owner)).toBe(text);
  });
});

describe('who maps a page', () => {
  const cat = { pid: 7, comm: 'cat', address: 0x5555_0000_1000n };

  it('is each process and the address there', async () => {
    const mappers = [cat, { pid: 8, comm: 'dog', address: 0x7f00_0000_0000n }];
    expect(await mappersLine({ mappers, count: 2, complete: true })).toBe(
      '7 cat at 0x555500001000, 8 dog at 0x7f0000000000',
    );
  });

  it('is a number past the first ones', async () => {
    expect(await mappersLine({ mappers: [cat], count: 2, complete: true })).toMatch(/, 1 more mapping$/);
    expect(await mappersLine({ mappers: [cat], count: 12, complete: true })).toMatch(/, 11 more mappings$/);
  });

  it('is said to be incomplete if not everything could be searched', async () => {
    expect(await mappersLine({ ...NOBODY, complete: false })).toBe('no process, and maybe others');
    expect(await mappersLine({ mappers: [cat], count: 1, complete: false })).toMatch(
      /1000, and maybe others$/,
    );
  });

  it('is left out if it was not looked for', async () => {
    expect(await mappersLine(NOBODY)).toBe('no process');
    expect(await mappersLine(null, 'ksm')).toBeUndefined();
    expect(await lineOf('mapped by', pageDetails({ value: { kind: 'memmap', section: 0 } }))).toBeUndefined();
  });
});

describe('the other lines on a page', () => {
  const nobodys = (changes: Partial<PageDetails>) => pageDetails({ value: null }, changes);

  it('have its use, as named in `usage`', async () => {
    expect(await lineOf('use', nobodys({ use: 'fileCache' }))).toBe('file cache');
    expect(await lineOf('use', nobodys({ use: 'kernel' }))).toBe('kernel, of no particular type');
  });

  it('have its zone, and say if the page is outside its span', async () => {
    expect(await lineOf('zone', nobodys({}))).toBe('node 1 Normal');
    const outside = { value: { node: 0, zone: 'DMA', inSpan: false } };
    expect(await lineOf('zone', nobodys({ place: outside }))).toBe('node 0 DMA, outside its span');
    for (const place of [{ value: null }, { missing: 'lost', kind: 'notMapped' }] as const)
      expect(await lineOf('zone', nobodys({ place }))).toBeUndefined();
  });

  it('have the block that it is part of', async () => {
    expect(await lineOf('part of', nobodys({}))).toBeUndefined();
    const text = '2^9 pages, 2 MiB, from pfn 4608 on, _refcount 1';
    expect(await lineOf('part of', nobodys({ head: { pfn: 0x1200, order: 9, refcount: 1 } }))).toBe(text);
    const itself = { pfn: PFN, order: 4, refcount: 2 };
    expect(await lineOf('part of', nobodys({ head: itself }))).toBe(
      '2^4 pages, 64 KiB, from pfn 4656 on, _refcount 2',
    );
  });

  it('have its map counts, and those of its compound', async () => {
    expect(await lineOf('mapcount', nobodys({ mapcounts: { page: 3, compound: {} } }))).toBe('3');
    const compound = { _large_mapcount: 5, _entire_mapcount: 1 };
    expect(await lineOf('mapcount', nobodys({ mapcounts: { page: 0, compound } }))).toBe(
      '0, _large_mapcount 5, _entire_mapcount 1',
    );
    expect(await lineOf('mapcount', nobodys({ mapcounts: { page: null, compound: {} } }))).toBeUndefined();
  });
});
