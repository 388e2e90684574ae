import { describe, expect, it } from 'vitest';
import { InspectError } from '../../src/errors.ts';
import type { MemoryFile } from '../../src/kernel/objects/files.ts';
import type { PageDetails } from '../../src/pages/details/details.ts';
import type { PageOwner } from '../../src/pages/details/owner.ts';
import { FILE, lineOf, mappersLine, NOBODY, ownerLine, PFN, pageDetails } from '../builders/page-details.ts';

describe('the file of a page', () => {
  const fileOf = (changes: Partial<MemoryFile>, kind: 'file' | 'shmem' = 'file') =>
    ownerLine({ kind, file: { ...FILE, ...changes }, offset: 0x2000n, mapped: NOBODY });

  it('has its path, its inode, its file system and the offset of the page', () => {
    expect(fileOf({})).toBe('/usr/bin/cat, inode 131 of ext4 8:1 (sda1), at offset 0x2000');
    expect(fileOf({ type: 'tmpfs', device: '0:22', id: 'tmpfs', path: '/dev/shm/a' }, 'shmem')).toBe(
      '/dev/shm/a, inode 131 of tmpfs 0:22 (tmpfs), at offset 0x2000',
    );
  });

  it('is marked where its name is gone, as /proc/PID/maps does', () => {
    expect(fileOf({ deleted: true })).toMatch(/^\/usr\/bin\/cat \(deleted\), inode 131 /);
  });

  it('is its inode alone where no name is left', () => {
    expect(fileOf({ path: null })).toBe('inode 131 of ext4 8:1 (sda1), at offset 0x2000');
    const unnamed = new InspectError('notMapped', 'the dentry is\x1bgone');
    expect(fileOf({ path: null, deleted: null, unnamed })).toBe(
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
  ])('%s', (_, owner, text) => {
    expect(ownerLine(owner)).toBe(text);
  });
});

describe('who maps a page', () => {
  const cat = { pid: 7, comm: 'cat', address: 0x5555_0000_1000n };

  it('is each process and the address there', () => {
    const mappers = [cat, { pid: 8, comm: 'dog', address: 0x7f00_0000_0000n }];
    expect(mappersLine({ mappers, count: 2, complete: true })).toBe(
      '7 cat at 0x555500001000, 8 dog at 0x7f0000000000',
    );
  });

  it('is a number of those that are too many to be named', () => {
    expect(mappersLine({ mappers: [cat], count: 2, complete: true })).toMatch(/, 1 more mapping$/);
    expect(mappersLine({ mappers: [cat], count: 12, complete: true })).toMatch(/, 11 more mappings$/);
  });

  it('is said to be uncertain where not all could be looked through', () => {
    expect(mappersLine({ ...NOBODY, complete: false })).toBe('no process, and maybe others');
    expect(mappersLine({ mappers: [cat], count: 1, complete: false })).toMatch(/1000, and maybe others$/);
  });

  it('may be no process, which is told, and nothing that was looked for, which is not', () => {
    expect(mappersLine(NOBODY)).toBe('no process');
    expect(mappersLine(null, 'ksm')).toBeUndefined();
    expect(lineOf('mapped by', pageDetails({ value: { kind: 'memmap', section: 0 } }))).toBeUndefined();
  });
});

describe('what is said of a page besides', () => {
  const nobodys = (changes: Partial<PageDetails>) => pageDetails({ value: null }, changes);

  it('is its use, by the name that `usage` gives it', () => {
    expect(lineOf('use', nobodys({ use: 'fileCache' }))).toBe('file cache');
    expect(lineOf('use', nobodys({ use: 'kernel' }))).toBe('kernel, not marked as anything');
  });

  it('is its zone, and that this denies it where it does', () => {
    expect(lineOf('zone', nobodys({}))).toBe('node 1 Normal');
    const outside = { value: { node: 0, zone: 'DMA', inSpan: false } };
    expect(lineOf('zone', nobodys({ place: outside }))).toBe('node 0 DMA, in whose span it is not');
    for (const place of [{ value: null }, { missing: 'lost', kind: 'notMapped' }] as const)
      expect(lineOf('zone', nobodys({ place }))).toBeUndefined();
  });

  it('is the block that it is part of, whether as its head or not', () => {
    expect(lineOf('part of', nobodys({}))).toBeUndefined();
    const text = '2^9 pages, 2 MiB, from pfn 4608 on, _refcount 1';
    expect(lineOf('part of', nobodys({ head: { pfn: 0x1200, order: 9, refcount: 1 } }))).toBe(text);
    const itself = { pfn: PFN, order: 4, refcount: 2 };
    expect(lineOf('part of', nobodys({ head: itself }))).toBe(
      '2^4 pages, 64 KiB, from pfn 4656 on, _refcount 2',
    );
  });

  it('is how often it is mapped, by itself and as part of a compound', () => {
    expect(lineOf('mapcount', nobodys({ mapcounts: { page: 3, compound: {} } }))).toBe('3');
    const compound = { _large_mapcount: 5, _entire_mapcount: 1 };
    expect(lineOf('mapcount', nobodys({ mapcounts: { page: 0, compound } }))).toBe(
      '0, _large_mapcount 5, _entire_mapcount 1',
    );
    expect(lineOf('mapcount', nobodys({ mapcounts: { page: null, compound: {} } }))).toBeUndefined();
  });
});
