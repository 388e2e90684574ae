import { describe, expect, it } from 'vitest';
import { Dentries } from '../../../src/kernel/objects/dentries.ts';
import { Files } from '../../../src/kernel/objects/files.ts';
import { Mounts } from '../../../src/kernel/objects/mounts.ts';
import { failureOf } from '../../builders/failure.ts';
import { FileKernel, type FileKernelPlan, INITIAL, OTHER } from '../../builders/file-kernel.ts';

const UNMAPPED = 0xffff_9999_0000_0000n;
/** MKDEV of include/linux/kdev_t.h: 20 bits for the minor number. */
const device = (major: number, minor: number) => major * 2 ** 20 + minor;

/** A kernel with ext4 on /dev/sda1, mounted at /. */
class Rooted extends FileKernel {
  readonly ext4 = this.super({ type: 'ext4', device: device(8, 1), id: 'sda1' });
  readonly root = this.dentry({ name: '/' });
  readonly rootMount = this.mount({ root: this.root, namespace: INITIAL });

  constructor(plan: FileKernelPlan = {}) {
    super(plan);
    this.mounted(this.ext4, [this.rootMount]);
  }

  /** Makes the dentries of a path below a directory; returns the last. */
  path(names: string, from = this.root, deleted = false): bigint {
    return names.split('/').reduce((parent, name) => this.dentry({ name, parent, deleted }), from);
  }

  file(mapping: bigint) {
    return new Files(this.built.typed).ofMapping(mapping);
  }

  named(dentry: bigint) {
    const { path, names, deleted } = this.file(this.inode(this.ext4, { dentry }));
    return { path, names, deleted };
  }
}

describe('the file of a page', () => {
  it('has its inode number, size, pages and file system', () => {
    const kernel = new Rooted();
    const mapping = kernel.inode(kernel.ext4, { ino: 131, size: 5n << 32n, pages: 7 });
    expect(kernel.file(mapping)).toEqual({
      ...{ mapping, inode: mapping - 48n, ino: 131n, size: 5n << 32n, nrpages: 7 },
      ...{ type: 'ext4', device: '8:1', id: 'sda1', path: null, dax: false, names: null, deleted: false },
      unnamed: null,
    });
  });

  it('may have its pages in the address_space of another', () => {
    const kernel = new Rooted();
    const inode = kernel.inode(kernel.ext4, { ino: 9 }) - 48n;
    const elsewhere = kernel.space(inode);
    expect(failureOf(() => kernel.file(elsewhere)).kind).toBe('corrupt');
    kernel.write(inode, elsewhere, 8);
    expect(kernel.file(elsewhere).ino).toBe(9n);
  });

  it('is absent if the address_space belongs to no inode', () => {
    const kernel = new Rooted();
    const nobodys = kernel.space(0n);
    const { kind, message, facts } = failureOf(() => kernel.file(nobodys));
    expect([kind, facts.address]).toEqual(['corrupt', nobodys]);
    expect(message).toMatch(/belongs to no file$/);
  });
});

describe('paths beyond the limit', () => {
  const kernel = new Rooted();
  const cat = kernel.path('usr/bin/cat');

  it.each([
    ['steps', { steps: 7, bytes: 1000 }],
    ['bytes', { steps: 100, bytes: 25 }],
  ])('are corrupt, by their %s in total', (_, budget) => {
    const dentries = new Dentries(kernel.built.typed, budget);
    expect(dentries.chain(cat).names).toEqual(['usr', 'bin', 'cat']);
    const { kind, message } = failureOf(() => dentries.chain(cat));
    expect([kind, message]).toEqual(['corrupt', 'the paths of all files exceed the limit']);
  });

  it('are corrupt if one of them is too long', () => {
    const name = 'n'.repeat(20);
    const rooted = new Rooted();
    const path = Array.from({ length: 800 }, () => name).join('/');
    const { kind, message } = failureOf(() => new Dentries(rooted.built.typed).chain(rooted.path(path)));
    expect([kind, message]).toEqual([
      'corrupt',
      expect.stringMatching(/has a path of more than 16384 bytes$/),
    ]);
  });

  it.each(['list', 'chain'] as const)('have a limit of mounts: by a %s', (mounts) => {
    const mounted = new Rooted({ mounts });
    const one = mounted.path('one');
    const { typed } = mounted.built;
    const located = (most: number) => new Mounts(typed, new Dentries(typed), most).locate(mounted.ext4, one);
    expect(located(1)).toEqual({ path: '/one', names: 'initial' });
    expect(failureOf(() => located(0)).kind).toBe('corrupt');
  });
});

describe.each(['list', 'chain'] as const)('the path of a file, by a %s of mounts', (mounts) => {
  it('leads through the directories to the root', () => {
    const kernel = new Rooted({ mounts });
    expect(kernel.named(kernel.path('usr/bin/cat'))).toEqual({
      ...{ path: '/usr/bin/cat', names: 'initial', deleted: false },
    });
  });

  it('leads through all mounts above it', () => {
    const kernel = new Rooted({ mounts });
    const tmpfs = kernel.super({ type: 'tmpfs' });
    const top = kernel.dentry({ name: '/' });
    const on = { mount: kernel.rootMount, dentry: kernel.path('dev/shm') };
    kernel.mounted(tmpfs, [kernel.mount({ root: top, on, namespace: INITIAL })]);
    const mapping = kernel.inode(tmpfs, { dentry: kernel.path('a/b', top) });
    expect(kernel.file(mapping)).toMatchObject({ path: '/dev/shm/a/b', names: 'initial', type: 'tmpfs' });
  });

  it('prefers a mount of the whole file system to one of a part', () => {
    const kernel = new Rooted({ mounts });
    const part = kernel.path('srv/www');
    const on = { mount: kernel.rootMount, dentry: kernel.path('mnt') };
    const bound = kernel.mount({ root: part, on, namespace: INITIAL });
    kernel.mounted(kernel.ext4, [bound, kernel.rootMount]);
    expect(kernel.named(kernel.path('index', part)).path).toBe('/srv/www/index');
    kernel.mounted(kernel.ext4, [bound]);
    expect(kernel.named(kernel.path('index', part)).path).toBe('/mnt/index');
  });
});

describe('the names of a file', () => {
  it("prefer the first process's to a container's", () => {
    const kernel = new Rooted();
    const theirs = kernel.mount({ root: kernel.root, namespace: OTHER });
    kernel.mounted(kernel.ext4, [theirs, kernel.rootMount]);
    expect(kernel.named(kernel.path('a')).names).toBe('initial');
    kernel.mounted(kernel.ext4, [theirs]);
    expect(kernel.named(kernel.path('a'))).toMatchObject({ path: '/a', names: 'other' });
  });

  it("are the file system's own if it is not mounted", () => {
    const kernel = new Rooted();
    const gone = kernel.mount({ root: kernel.root, namespace: 0n });
    for (const mounts of [[], [gone]]) {
      kernel.mounted(kernel.ext4, mounts);
      expect(kernel.named(kernel.path('a/b'))).toMatchObject({ path: '/a/b', names: 'fileSystem' });
    }
  });

  it('may be a bare name that never was in a directory', () => {
    const kernel = new Rooted();
    const memfd = kernel.dentry({ name: 'memfd:buffer', deleted: true });
    expect(kernel.named(memfd)).toMatchObject({ path: '/memfd:buffer', deleted: true });
    expect(kernel.named(kernel.root).path).toBe('/');
  });

  it('are reported as deleted if they are', () => {
    const kernel = new Rooted();
    expect(kernel.named(kernel.path('a', kernel.root, true))).toMatchObject({ path: '/a', deleted: true });
  });

  it('are missing if they cannot be read, but the file is reported', () => {
    const kernel = new Rooted();
    const mapping = kernel.inode(kernel.ext4, { ino: 5, dentry: UNMAPPED });
    expect(kernel.file(mapping)).toMatchObject({
      ...{ ino: 5n, path: null, names: null, deleted: null, unnamed: { kind: 'notMapped' } },
    });
  });

  it.each(['list', 'chain'] as const)('are missing if the %s of mounts is broken', (mounts) => {
    const kernel = new Rooted({ mounts });
    if (mounts === 'list') kernel.cutMounts(kernel.ext4);
    else kernel.nextMount(kernel.rootMount, kernel.rootMount);
    const file = kernel.file(kernel.inode(kernel.ext4, { dentry: kernel.path('a') }));
    expect(file).toMatchObject({ path: null, names: null, deleted: null, unnamed: { kind: 'corrupt' } });
  });

  it('are there if the other end of the list of mounts leads to all of them', () => {
    const kernel = new Rooted({ mounts: 'list' });
    kernel.nextMount(kernel.rootMount, kernel.rootMount);
    const file = kernel.file(kernel.inode(kernel.ext4, { dentry: kernel.path('a') }));
    expect(file).toMatchObject({ path: '/a', names: 'initial', unnamed: null });
  });
});

describe('a block device, whose own pages belong to no file', () => {
  const nvme = device(259, 2);

  it.each<[string, string | bigint, FileKernelPlan, string, object | null]>([
    ['its disk', 'nvme0n1', {}, 'block device 259:2 (nvme0n1)', null],
    ['its number, without a disk', 0n, {}, 'block device 259:2', null],
    [
      'its number, with the reason, if its disk cannot be read',
      ...([UNMAPPED, {}, 'block device 259:2', { kind: 'notMapped' }] as const),
    ],
    ['its number if the types lack disks', 'nvme0n1', { disks: false }, 'block device 259:2', null],
  ])('is named by %s', (_, disk, plan, path, unnamed) => {
    const kernel = new Rooted(plan);
    const mapping = kernel.blockDevice(kernel.super({ type: 'bdev' }), nvme, disk);
    expect(kernel.file(mapping)).toMatchObject({ type: 'bdev', path, names: null, deleted: false, unnamed });
  });
});
