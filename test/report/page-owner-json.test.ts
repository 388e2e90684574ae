import { describe, expect, it } from 'vitest';
import type { PageOwner } from '../../src/pages/details/owner.ts';
import { pageDetailsReport } from '../../src/report/page-details.ts';
import { FILE, NOBODY, pageDetails } from '../builders/page-details.ts';

/** Returns the owner as in JSON. */
const ownerJson = (value: PageOwner | null): unknown =>
  JSON.parse(JSON.stringify(pageDetailsReport(pageDetails({ value })).owner));

const NOBODYS = { count: 0, complete: true, processes: [] };
const FILE_JSON = {
  ...{ path: '/usr/bin/cat', names: 'initial', deleted: false, inode: '131', size: '9000', nrpages: 3 },
  fileSystem: { type: 'ext4', device: '8:1', id: 'sda1' },
  ...{ mapping: '0xffff888001000170', inodeAddress: '0xffff888001000000' },
};

describe('the owner of a page in JSON', () => {
  const cache = { name: 'dentry', objectSize: 192, size: 192 };
  const list = { kind: 'nodePartial', node: 0 } as const;
  const object = { index: 2, offset: 16, state: 'free', waitsOn: list, unknown: null } as const;
  const slab = { kind: 'slab', objects: 21, inUse: 20, list } as const;
  const task = { pid: 42, comm: 'cat' };
  const area = { kind: 'vmalloc', area: 'vmalloc', caller: 'f+0x1', offset: 8192 } as const;

  it.each<[PageOwner | null, unknown]>([
    [null, null],
    [
      {
        ...{ ...slab, cache: { ...cache, address: 0xffff_8880_0300_0000n } },
        object: { ...object, address: 0xffff_8880_0300_1180n },
      },
      {
        ...{ ...slab, cache: { ...cache, address: '0xffff888003000000' } },
        object: { ...object, address: '0xffff888003001180' },
      },
    ],
    [
      {
        kind: 'kfence',
        object: {
          ...{ index: 7, address: 0xffff_8880_1001_0f40n, size: 184, state: 'freed' },
          cache: { address: 0xffff_8880_0300_0000n, name: 'filp' },
        },
      },
      {
        kind: 'kfence',
        object: {
          ...{ index: 7, address: '0xffff888010010f40', size: 184, state: 'freed' },
          cache: { address: '0xffff888003000000', name: 'filp' },
        },
      },
    ],
    [
      { kind: 'kfence', object: null },
      { kind: 'kfence', object: null },
    ],
    [
      { kind: 'kernelStack', address: 0xffff_c900_0001_0000n, task },
      { kind: 'kernelStack', address: '0xffffc90000010000', task },
    ],
    [
      { ...area, address: 0xffff_c900_0001_0000n },
      { ...area, address: '0xffffc90000010000' },
    ],
    [
      { kind: 'free', head: 4608, order: 7 },
      { kind: 'free', head: 4608, order: 7 },
    ],
    [
      { kind: 'kernelImage', symbol: null },
      { kind: 'kernelImage', symbol: null },
    ],
    [
      { kind: 'memmap', section: 3 },
      { kind: 'memmap', section: 3 },
    ],
  ])('has addresses in hex: %o', (owner, json) => {
    expect(ownerJson(owner)).toEqual(json);
  });

  it.each(['file', 'shmem'] as const)('has the %s and the processes that map the page', (kind) => {
    const mapped = { mappers: [{ pid: 7, comm: 'cat', address: 0x5000n }], count: 9, complete: false };
    expect(ownerJson({ kind, file: FILE, offset: 0x2000n, mapped })).toEqual({
      kind,
      file: FILE_JSON,
      // Text, because it may be past 2^53.
      offset: '8192',
      mapped: { count: 9, complete: false, processes: [{ pid: 7, name: 'cat', address: '0x5000' }] },
    });
  });

  it('has no processes if none maps the page, and null if none was looked for', () => {
    const anonVma = 0xffff_8880_0200_0000n;
    const json = { anonVma: '0xffff888002000000' };
    expect(ownerJson({ kind: 'anonymous', anonVma, mapped: NOBODY })).toEqual({
      ...{ kind: 'anonymous', ...json, mapped: NOBODYS },
    });
    expect(ownerJson({ kind: 'ksm', anonVma, mapped: null })).toEqual({ kind: 'ksm', ...json, mapped: null });
  });

  it('has the pool of a huge page, and its file if there is one', () => {
    const huge = { kind: 'hugetlb', size: 2 << 20 } as const;
    const free = { ...huge, free: true, file: null, mapped: null };
    expect(ownerJson(free)).toEqual(free);
    expect(ownerJson({ ...huge, free: false, file: FILE, mapped: NOBODY })).toEqual({
      ...{ ...huge, free: false, file: FILE_JSON, mapped: NOBODYS },
    });
  });
});
