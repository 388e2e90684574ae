import { BuiltBtf } from './btf.ts';
import { ascii, type Field, packed } from './encode.ts';
import { BuiltTypedKernel } from './typed-kernel.ts';

/** A name in a directory; the root of a file system and a file without a directory are their own parents. */
interface BuiltDentry {
  readonly name: string;
  readonly parent?: bigint;
  /** Whether it was removed from its directory. */
  readonly deleted?: boolean;
}

interface BuiltSuper {
  readonly type: string;
  readonly device?: number;
  readonly id?: string;
}

interface BuiltMount {
  readonly root: bigint;
  /** Where it is mounted; the first mount of a namespace is its own parent. */
  readonly on?: { readonly mount: bigint; readonly dentry: bigint };
  readonly namespace: bigint;
}

interface BuiltInode {
  readonly ino?: number;
  readonly size?: bigint;
  readonly dentry?: bigint;
  readonly device?: number;
  readonly pages?: number;
  /** Address_space of its pages, if it is not its own. */
  readonly mapping?: bigint;
}

export interface FileKernelPlan {
  /** How a super_block leads to its mounts: by a list, or (7.3) by a chain. */
  readonly mounts?: 'list' | 'chain';
  /** Whether it has types for disks. */
  readonly disks?: boolean;
}

/** Mount namespaces: the first process's, and another one. */
export const INITIAL = 0xffff_8880_0001_0000n;
export const OTHER = 0xffff_8880_0002_0000n;

const DENTRY = { size: 96, parent: 0, name: 8, length: 16, hash: 24, alias: 40, text: 56 } as const;
const SUPER = { size: 96, device: 0, type: 8, id: 16, mounts: 48, typeObject: 64, typeName: 72 } as const;
const MOUNT = { size: 64, parent: 0, mountpoint: 8, root: 16, namespace: 24, instance: 32 } as const;
const INODE = {
  size: 128,
  super: 0,
  mapping: 8,
  ino: 16,
  bytes: 24,
  dentry: 32,
  device: 40,
  data: 48,
} as const;
const SPACE = { size: 32, host: 0, pages: 8 } as const;
/** struct bdev_inode: the pointer to the disk, then the inode. */
const BDEV = { disk: 8, inode: 16 } as const;
const DISK_NAME = 8;
const NSPROXY = 0x10;
const FIRST = 0x100;

/** A kernel with files, with just the members that are read. */
export class FileKernel {
  readonly built: BuiltTypedKernel;
  readonly #chained: boolean;
  #next = FIRST;

  constructor({ mounts = 'list', disks = true }: FileKernelPlan = {}) {
    this.#chained = mounts === 'chain';
    this.built = new BuiltTypedKernel(types(this.#chained, disks), { init_nsproxy: NSPROXY });
    this.built.writeU64(NSPROXY, INITIAL);
  }

  #put(bytes: Uint8Array): bigint {
    const at = this.#next;
    this.built.write(at, bytes);
    this.#next += Math.ceil(bytes.length / 16) * 16;
    return this.built.at(at);
  }

  /** Address of the next object. */
  get #here(): bigint {
    return this.built.at(this.#next);
  }

  dentry({ name, parent = this.#here, deleted = false }: BuiltDentry): bigint {
    const bytes = packed(DENTRY.size, [
      [DENTRY.parent, 8, parent],
      [DENTRY.name, 8, this.#here + BigInt(DENTRY.text)],
      [DENTRY.length, 4, name.length],
      [DENTRY.hash + 8, 8, deleted ? 0n : this.#here],
    ]);
    bytes.set(ascii(name), DENTRY.text);
    return this.#put(bytes);
  }

  super({ type, device = 0, id = '' }: BuiltSuper): bigint {
    const bytes = packed(SUPER.size, [
      [SUPER.device, 4, device],
      [SUPER.type, 8, this.#here + BigInt(SUPER.typeObject)],
      [SUPER.typeObject, 8, this.#here + BigInt(SUPER.typeName)],
    ]);
    bytes.set(ascii(id), SUPER.id);
    bytes.set(ascii(type), SUPER.typeName);
    const at = this.#put(bytes);
    this.mounted(at, []);
    return at;
  }

  mount({ root, on, namespace }: BuiltMount): bigint {
    return this.#put(
      packed(MOUNT.size, [
        [MOUNT.parent, 8, on?.mount ?? this.#here],
        [MOUNT.mountpoint, 8, on?.dentry ?? root],
        [MOUNT.root, 8, root],
        [MOUNT.namespace, 8, namespace],
      ]),
    );
  }

  /** Makes these the mounts of a file system. */
  mounted(superBlock: bigint, mounts: readonly bigint[]): void {
    const head = superBlock + BigInt(SUPER.mounts);
    const links = mounts.map((mount) => mount + BigInt(MOUNT.instance));
    const circle = this.#chained
      ? [head, ...mounts.map((m) => m + BigInt(MOUNT.instance))]
      : [head, ...links];
    circle.forEach((node, i) => {
      const next = this.#chained ? (mounts[i] ?? 0n) : (circle[(i + 1) % circle.length] as bigint);
      this.write(node, next);
      if (!this.#chained) this.write(circle[(i + 1) % circle.length] as bigint, node, 8);
    });
  }

  /** Makes the chain of mounts lead from one to any address. */
  nextMount(mount: bigint, to: bigint): void {
    this.write(mount, to, MOUNT.instance);
  }

  /** Breaks the list of a file system's mounts at both ends. */
  cutMounts(superBlock: bigint): void {
    for (const end of [0, 8]) this.write(superBlock, 1n, SUPER.mounts + end);
  }

  /** Writes a u64 at an address, or `distance` bytes after it. */
  write(address: bigint, value: bigint, distance = 0): void {
    this.built.writeU64(Number(address - this.built.at(0)) + distance, value);
  }

  /** Makes an inode with its address_space; returns the address of the latter. */
  inode(superBlock: bigint, inode: BuiltInode = {}, before: readonly Field[] = []): bigint {
    const room = before.length > 0 ? BDEV.inode : 0;
    const at = this.#here + BigInt(room);
    const mapping = at + BigInt(INODE.data);
    this.#put(
      packed(room + INODE.size, [
        ...before,
        [room + INODE.super, 8, superBlock],
        [room + INODE.mapping, 8, inode.mapping ?? mapping],
        [room + INODE.ino, 8, inode.ino ?? 0],
        [room + INODE.bytes, 8, inode.size ?? 0n],
        [room + INODE.dentry, 8, inode.dentry === undefined ? 0n : inode.dentry + BigInt(DENTRY.alias)],
        [room + INODE.device, 4, inode.device ?? 0],
        [room + INODE.data + SPACE.host, 8, at],
        [room + INODE.data + SPACE.pages, 8, inode.pages ?? 0],
      ]),
    );
    return mapping;
  }

  /** Makes the inode of a block device; `disk` is its name, or the address of its gendisk. */
  blockDevice(superBlock: bigint, device: number, disk: string | bigint): bigint {
    const named = packed(48, []);
    if (typeof disk === 'string') named.set(ascii(disk), DISK_NAME);
    const gendisk = typeof disk === 'string' ? this.#put(named) : disk;
    return this.inode(superBlock, { device }, [[BDEV.disk, 8, gendisk]]);
  }

  /** Makes an address_space that belongs to an inode, or to none. */
  space(host: bigint): bigint {
    return this.#put(packed(SPACE.size, [[SPACE.host, 8, host]]));
  }
}

function types(chained: boolean, disks: boolean): BuiltBtf {
  const btf = new BuiltBtf();
  const u8 = btf.int('unsigned char', 1);
  const u32 = btf.int('unsigned int', 4);
  const u64 = btf.int('long unsigned int', 8);
  const s64 = btf.int('long long int', 8, { signed: true });
  const pointer = btf.pointer(0);
  const text = (bytes: number) => btf.array(u8, bytes);
  const node = btf.struct('hlist_node', 16, [
    ['next', pointer, 0],
    ['pprev', pointer, 8],
  ]);
  const list = btf.struct('list_head', 16, [
    ['next', pointer, 0],
    ['prev', pointer, 8],
  ]);
  const first = btf.struct('hlist_head', 8, [['first', pointer, 0]]);
  const space = btf.struct('address_space', SPACE.size, [
    ['host', pointer, SPACE.host],
    ['nrpages', u64, SPACE.pages],
  ]);
  const inode = btf.struct('inode', INODE.size, [
    ['i_sb', pointer, INODE.super],
    ['i_mapping', pointer, INODE.mapping],
    ['i_ino', u64, INODE.ino],
    ['i_size', s64, INODE.bytes],
    ['i_dentry', first, INODE.dentry],
    ['i_rdev', u32, INODE.device],
    ['i_data', space, INODE.data],
  ]);
  btf.struct('super_block', SUPER.size, [
    ['s_dev', u32, SUPER.device],
    ['s_type', pointer, SUPER.type],
    ['s_id', text(32), SUPER.id],
    ['s_mounts', chained ? pointer : list, SUPER.mounts],
  ]);
  btf.struct('file_system_type', 8, [['name', pointer, 0]]);
  const name = btf.struct('qstr', 16, [
    ['name', pointer, 0],
    ['len', u32, 8],
  ]);
  const union = btf.union('', 16, [['d_alias', node, 0]]);
  btf.struct('dentry', DENTRY.size, [
    ['d_parent', pointer, DENTRY.parent],
    ['d_name', name, DENTRY.name],
    ['d_hash', node, DENTRY.hash],
    ['d_u', union, DENTRY.alias],
  ]);
  const vfsmount = btf.struct('vfsmount', 8, [['mnt_root', pointer, 0]]);
  btf.struct('mount', MOUNT.size, [
    ['mnt_parent', pointer, MOUNT.parent],
    ['mnt_mountpoint', pointer, MOUNT.mountpoint],
    ['mnt', vfsmount, MOUNT.root],
    ['mnt_ns', pointer, MOUNT.namespace],
    chained ? ['mnt_next_for_sb', pointer, MOUNT.instance] : ['mnt_instance', list, MOUNT.instance],
  ]);
  btf.struct('nsproxy', 8, [['mnt_ns', pointer, 0]]);
  if (!disks) return btf;
  const bdev = btf.struct('block_device', 16, [['bd_disk', pointer, BDEV.disk]]);
  btf.struct('bdev_inode', BDEV.inode + INODE.size, [
    ['bdev', bdev, 0],
    ['vfs_inode', inode, BDEV.inode],
  ]);
  btf.struct('gendisk', 48, [['disk_name', text(32), DISK_NAME]]);
  return btf;
}
