import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';
import { Dentries } from './dentries.ts';
import { FileSystems } from './file-systems.ts';
import { type Located, Mounts } from './mounts.ts';

/** A file in memory: an inode and its context. */
export interface MemoryFile {
  /** Virtual address of its address_space. */
  readonly mapping: bigint;
  /** Virtual address. */
  readonly inode: bigint;
  /** The inode's number, unique in its file system. */
  readonly ino: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Pages in the page cache, as the kernel counts them. */
  readonly nrpages: number;
  /** Whether its pages are the device's own (S_DAX), not page cache. */
  readonly dax: boolean;
  /** Name of the file system type: ext4, tmpfs. */
  readonly type: string;
  /** Major and minor number of the file system's device. */
  readonly device: string;
  /** The file system's name in kernel messages, mostly the name of its disk. */
  readonly id: string;
  /** null if no name is left in memory. */
  readonly path: string | null;
  readonly names: Located['names'] | null;
  /** Whether its name has been removed from its directory; null if its name cannot be read. */
  readonly deleted: boolean | null;
  /** Why its name, or part of it, cannot be read although it has one. */
  readonly unnamed: InspectError | null;
}

type Name = Pick<MemoryFile, 'path' | 'names' | 'deleted' | 'unnamed'>;

/** Bits of the minor number in the kernel's dev_t (MINORBITS, include/linux/kdev_t.h) */
const MINOR_BITS = 20;

/** include/linux/fs.h */
const S_DAX = 1 << 13;

/** Finds the files that pages of the page cache belong to. */
export class Files {
  readonly #typed: TypedKernel;
  readonly #dentries: Dentries;
  readonly #mounts: Mounts;
  readonly #fileSystems: FileSystems;
  readonly #mapping;
  readonly #inode;
  readonly #super;
  readonly #dataOffset: bigint;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#dentries = new Dentries(typed);
    this.#mounts = new Mounts(typed, this.#dentries);
    this.#fileSystems = new FileSystems(typed);
    this.#mapping = typed.reader('address_space', 'host', 'nrpages');
    this.#inode = typed.reader(
      'inode',
      'i_sb',
      'i_mapping',
      'i_ino',
      'i_size',
      'i_dentry.first',
      'i_rdev',
      'i_flags?',
    );
    this.#super = typed.reader('super_block', 's_dev', 's_type', 's_id');
    this.#dataOffset = BigInt(this.#inode.type.offsetOf('i_data'));
  }

  /**
   * Returns the file that an address_space belongs to, to which its pages point.
   * @throws InspectError corrupt if it belongs to no file; notMapped or notStored
   */
  ofMapping(mapping: bigint): MemoryFile {
    const m = this.#mapping.load(mapping);
    const inode = m.big('host');
    const i = inode === 0n ? undefined : this.#inode.load(inode);
    if (!i || (inode + this.#dataOffset !== mapping && i.big('i_mapping') !== mapping)) {
      throw new InspectError('corrupt', `the address_space at ${hex(mapping)} belongs to no file`, {
        address: mapping,
      });
    }
    const [superBlock, alias] = [i.big('i_sb'), i.big('i_dentry.first')];
    const s = this.#super.load(superBlock);
    const type = this.#fileSystems.typeOf(superBlock, s.big('s_type'));
    const fs = {
      type,
      device: deviceNumber(s.number('s_dev')),
      id: s.text('s_id'),
    };
    return {
      mapping,
      inode,
      ino: i.big('i_ino'),
      size: i.big('i_size'),
      nrpages: m.number('nrpages'),
      dax: i.has('i_flags') && (i.number('i_flags') & S_DAX) !== 0,
      ...fs,
      ...(this.#fileSystems.isOfDevices(superBlock, type)
        ? this.#blockDevice(inode, i.number('i_rdev'))
        : this.#name(superBlock, inode, alias)),
    };
  }

  /** Returns the first name that can be read; a file with several hard links has several. */
  #name(superBlock: bigint, inode: bigint, alias: bigint): Name {
    if (alias === 0n) return { path: null, names: null, deleted: false, unnamed: null };
    try {
      const dentry = this.#dentries.ofAlias(alias, inode);
      const deleted = this.#dentries.isUnhashed(dentry);
      const located = this.#mounts.locate(superBlock, dentry);
      // A file that never was in a directory (memfd, System V and anonymous shared memory) has only a name.
      const path = located.path === '/' ? `/${this.#dentries.name(dentry)}` : located.path;
      return { path: path === '//' ? '/' : path, names: located.names, deleted, unnamed: null };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return { path: null, names: null, deleted: null, unnamed: error };
    }
  }

  /**
   * A block device's own pages belong to no file, so it is named after its disk (struct bdev_inode,
   * block/bdev.c).
   */
  #blockDevice(inode: bigint, rdev: number): Name {
    const name = `block device ${deviceNumber(rdev)}`;
    const known = { names: null, deleted: false };
    try {
      const disk = this.#diskName(inode);
      return { path: disk === undefined ? name : `${name} (${disk})`, ...known, unnamed: null };
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return { path: name, ...known, unnamed: error };
    }
  }

  #diskName(inode: bigint): string | undefined {
    const type = this.#typed.types.findStruct('bdev_inode');
    if (!type) return undefined;
    const disk = this.#typed.space.u64(
      inode + BigInt(type.offsetOf('bdev.bd_disk') - type.offsetOf('vfs_inode')),
    );
    const at = this.#typed.types.struct('gendisk').offsetOf('disk_name');
    return disk === 0n ? undefined : readString(this.#typed.space, disk + BigInt(at), 32);
  }
}

/** Formats the kernel's own dev_t as "major:minor". */
function deviceNumber(dev: number): string {
  return `${dev >>> MINOR_BITS}:${dev & ((1 << MINOR_BITS) - 1)}`;
}
