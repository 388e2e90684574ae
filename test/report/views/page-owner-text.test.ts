import { describe, expect, it } from 'vitest';
import type { PageOwner } from '../../../src/pages/details/owner.ts';
import { FILE, lineOf, mappersLine, NOBODY, ownerLine, pageDetails } from '../../builders/page-details.ts';

const KFENCE_OBJECT = {
  ...({ index: 7, address: 0xffff_8880_1001_0f40n, size: 184, state: 'freed' } as const),
  cache: { address: 0xffff_8880_0300_0000n, name: 'filp' },
} as const;

describe('the owner of a page', () => {
  const slab = {
    kind: 'slab',
    cache: { address: 0xffff_8880_0300_0000n, name: 'dentry', objectSize: 192, size: 192 },
    ...{ objects: 21, inUse: 20, list: null },
  } as const;
  const object = {
    index: 2,
    offset: 16,
    address: null,
    state: 'allocated',
    waitsOn: null,
    unknown: null,
  } as const;
  const free = { ...object, address: 0xffff_8880_0300_1180n, state: 'free' } as const;
  const stack = { kind: 'kernelStack', address: 0xffff_c900_0001_0000n } as const;

  it.each<[string, PageOwner | null, string]>([
    ['nobody', null, 'not recorded'],
    [
      'a slab cache, for a page as a whole',
      { ...slab, object: null },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use',
    ],
    [
      'a slab cache, for an address in it',
      { ...slab, object },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use; object 2, at offset 0x10: allocated',
    ],
    [
      'a slab cache, for a free object of a slab on a list',
      {
        ...slab,
        list: { kind: 'nodePartial', node: 1 },
        object: { ...free, waitsOn: { kind: 'nodePartial', node: 1 } },
      },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use, on the partial list of node 1; object 2 at 0xffff888003001180, at offset 0x10: free, on the freelist of its slab',
    ],
    [
      'a slab cache, for a free object that a CPU holds',
      {
        ...slab,
        list: { kind: 'cpuSlab', cpu: 3 },
        object: { ...free, waitsOn: { kind: 'cpuFreelist', cpu: 3 } },
      },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use, the slab that CPU 3 allocates from; object 2 at 0xffff888003001180, at offset 0x10: free, on the freelist of CPU 3',
    ],
    [
      'a slab cache, for an object that waits for RCU',
      { ...slab, object: { ...object, state: 'freeing', waitsOn: { kind: 'sheaf', cpu: 0 } } },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use; object 2, at offset 0x10: freed, waiting for an RCU grace period',
    ],
    [
      'a slab cache, for an object of a slab with a broken freelist',
      { ...slab, object: { ...object, state: null, unknown: 'its freelist leads to 0x1 twice' } },
      'slab cache dentry, objects of 192 bytes, 20 of 21 in use; object 2, at offset 0x10: state unknown: its freelist leads to 0x1 twice',
    ],
    [
      'KFENCE, for an object in its pool',
      { kind: 'kfence', object: KFENCE_OBJECT },
      'object 7 of the KFENCE pool, at 0xffff888010010f40, 184 bytes of slab cache filp: freed',
    ],
    [
      'KFENCE, for an object that was never used',
      { kind: 'kfence', object: { ...KFENCE_OBJECT, state: 'unused', cache: null } },
      'object 7 of the KFENCE pool, not used yet',
    ],
    [
      'KFENCE, for a guard page',
      { kind: 'kfence', object: null },
      'guard page of the KFENCE pool, never mapped',
    ],
    [
      'a task, whose kernel stack it is',
      { ...stack, task: { pid: 42, comm: 'kworker/0:1' } },
      'kernel stack at 0xffffc90000010000 of 42 kworker/0:1',
    ],
    [
      'nobody yet, where a stack waits for a task',
      { ...stack, task: null },
      'kernel stack at 0xffffc90000010000 of no task, cached for a new one',
    ],
    [
      'who asked vmalloc() for it',
      {
        kind: 'vmalloc',
        area: 'vmalloc',
        caller: 'bpf_prog_alloc+0x1f',
        address: 0xffff_c900_0002_0000n,
        offset: 8192,
      },
      'vmalloc area at 0xffffc90000020000, allocated by bpf_prog_alloc+0x1f, page at offset 0x2000',
    ],
    [
      'the buddy allocator',
      { kind: 'free', head: 0x1200, order: 7 },
      'buddy allocator, block of order 7 from pfn 4608 on',
    ],
    [
      'the kernel image, at a symbol',
      { kind: 'kernelImage', symbol: 'init_task+0x40' },
      'kernel image, init_task+0x40',
    ],
    ['memory of the crash kernel', { kind: 'crashKernel' }, 'reserved for the crash kernel'],
    ['the kernel image, before all symbols', { kind: 'kernelImage', symbol: null }, 'kernel image'],
    ['the memory map', { kind: 'memmap', section: 3 }, 'struct pages of memory section 3'],
    [
      'KSM',
      { kind: 'ksm', anonVma: 0xffff_8880_0200_0000n, mapped: null },
      'shared by KSM, stable node 0xffff888002000000',
    ],
    [
      'an anon_vma',
      { kind: 'anonymous', anonVma: 0xffff_8880_0200_0000n, mapped: NOBODY },
      'anon_vma 0xffff888002000000',
    ],
  ])('is %s', async (_, owner, text) => {
    expect(await ownerLine(owner)).toBe(text);
  });

  it('may be unknown, with the reason', async () => {
    const missing = pageDetails({ missing: 'virtual address 0x10 is not mapped', kind: 'notMapped' });
    expect(await lineOf('owner', missing)).toBe('unknown: virtual address 0x10 is not mapped');
    expect(await lineOf('mapped by', missing)).toBeUndefined();
  });

  it('is escaped', async () => {
    const evil = '\x1b[2J';
    const { cache } = slab;
    const owners: (PageOwner | null)[] = [
      { ...slab, cache: { ...cache, name: evil }, object: null },
      { ...stack, task: { pid: 1, comm: evil } },
      { kind: 'vmalloc', area: 'vmalloc', caller: evil, address: 0n, offset: 0 },
      { kind: 'kernelImage', symbol: evil },
      ...(['path', 'type', 'id'] as const).map(
        (key) => ({ kind: 'file', file: { ...FILE, [key]: evil }, offset: 0n, mapped: NOBODY }) as const,
      ),
    ];
    for (const owner of owners) expect(await ownerLine(owner)).toContain('\\x1b[2J');
    const mappers = [{ pid: 1, comm: evil, address: 0n }];
    expect(await mappersLine({ mappers, count: 1, complete: true })).toContain('\\x1b[2J');
    const zone = { place: { value: { node: 0, zone: evil, inSpan: true } } };
    expect(await lineOf('zone', pageDetails({ value: null }, zone))).toContain('\\x1b[2J');
    expect(await lineOf('owner', pageDetails({ missing: evil, kind: 'corrupt' }))).toContain('\\x1b[2J');
  });
});
