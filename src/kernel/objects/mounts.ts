import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Dentries } from './dentries.ts';
import { isCut, walkList } from './list.ts';

/** A place where a file system, or a part of it, is mounted (struct mount, fs/mount.h). */
interface Mount {
  readonly address: bigint;
  /** The dentry that is its root: the file system's root, or any other for a bind mount. */
  readonly root: bigint;
  readonly parent: bigint;
  readonly mountpoint: bigint;
  /** Its namespace; 0n for the kernel's internal mounts and for unmounted ones. */
  readonly namespace: bigint;
}

/** Limit of mounts over all file systems, more than any machine has. */
const MOUNTS_LIMIT = 1 << 17;
/** Limit of mounts above one another. */
const DEPTH_LIMIT = 256;

const MEMBERS = [
  ...(['mnt_parent', 'mnt_mountpoint', 'mnt.mnt_root', 'mnt_ns'] as const),
  ...(['mnt.mnt_sb?', 'mnt_pprev_for_sb?'] as const),
] as const;

/** A path under which a file can be found. */
export interface Located {
  readonly path: string;
  /**
   * Where the path is valid: in the first process's mount namespace, in another one (a container's), or only
   * within the file system, which is not mounted.
   */
  readonly names: 'initial' | 'other' | 'fileSystem';
}

/** Finds the paths of dentries through the mounts of their file systems. */
export class Mounts {
  readonly #typed: TypedKernel;
  readonly #dentries: Dentries;
  readonly #mount: StructReader<(typeof MEMBERS)[number]>;
  readonly #initial: bigint;
  /** By super block, then by the dentry that is a mount's root. */
  readonly #ofSuper = new Map<bigint, ReadonlyMap<bigint, readonly Mount[]>>();
  #left: number;

  /**
   * @param most limit of mounts to read
   * @throws InspectError missingInfo
   */
  constructor(typed: TypedKernel, dentries: Dentries, most = MOUNTS_LIMIT) {
    this.#left = most;
    this.#typed = typed;
    this.#dentries = dentries;
    this.#mount = typed.reader('mount', ...MEMBERS);
    this.#initial = typed.read('nsproxy', typed.symbol('init_nsproxy'), 'mnt_ns').big('mnt_ns');
  }

  /**
   * Returns the path of a dentry of a file system (super_block).
   * @throws InspectError notMapped, notStored
   */
  locate(superBlock: bigint, dentry: bigint): Located {
    const { names, dentries } = this.#dentries.chain(dentry);
    // Prefer mounts of the whole file system to bind mounts of a part, which show it elsewhere, too.
    const byRoot = this.#mountsOf(superBlock);
    const mounts = dentries.toReversed().flatMap((root) => byRoot.get(root) ?? []);
    const mount =
      mounts.find((m) => m.namespace !== 0n && m.namespace === this.#initial) ??
      mounts.find((m) => m.namespace !== 0n);
    if (!mount) return { path: `/${names.join('/')}`, names: 'fileSystem' };
    const inside = names.slice(names.length - dentries.indexOf(mount.root));
    return {
      path: `/${[...this.#above(mount), ...inside].join('/')}`,
      names: mount.namespace === this.#initial ? 'initial' : 'other',
    };
  }

  /** Returns the names that lead to a mount, through all mounts above it. */
  #above(mount: Mount): string[] {
    const parts: (readonly string[])[] = [];
    const seen = new Set([mount.address]);
    for (let at = mount; at.parent !== at.address; ) {
      const parent = this.#read(at.parent);
      if (seen.has(parent.address) || seen.size > DEPTH_LIMIT) throw misplaced(at, 'is mounted on itself');
      seen.add(parent.address);
      const chain = this.#dentries.chain(at.mountpoint);
      const below = chain.dentries.indexOf(parent.root);
      // A mountpoint lies in the part of a file system that its parent mount shows.
      if (below < 0) throw misplaced(at, 'is mounted outside its parent');
      parts.push(chain.names.slice(chain.names.length - below));
      at = parent;
    }
    return parts.reverse().flat();
  }

  #read(address: bigint): Mount {
    const m = this.#mount.load(address);
    return {
      address,
      root: m.big('mnt.mnt_root'),
      parent: m.big('mnt_parent'),
      mountpoint: m.big('mnt_mountpoint'),
      namespace: m.big('mnt_ns'),
    };
  }

  #mountsOf(superBlock: bigint): ReadonlyMap<bigint, readonly Mount[]> {
    const known = this.#ofSuper.get(superBlock);
    if (known) return known;
    const mounts = new Map<bigint, Mount[]>();
    for (const address of this.#addressesOf(superBlock)) {
      const mount = this.#read(address);
      this.#requireSuper(mount, superBlock);
      const alike = mounts.get(mount.root);
      if (alike) alike.push(mount);
      else mounts.set(mount.root, [mount]);
    }
    this.#ofSuper.set(superBlock, mounts);
    return mounts;
  }

  /** Checks that a mount in a file system's list names that file system. Uses the last mount read. */
  #requireSuper(mount: Mount, superBlock: bigint): void {
    const m = this.#mount;
    if (this.#typed.space.live || !m.has('mnt.mnt_sb') || m.big('mnt.mnt_sb') === superBlock) return;
    throw misplaced(mount, `is in the list of another file system, at ${hex(superBlock)}`);
  }

  /**
   * Reads super_block.s_mounts: the head of a list through mnt_instance, or (in 7.3) the first of a chain.
   */
  #addressesOf(superBlock: bigint): bigint[] {
    const type = this.#typed.types.struct('super_block');
    const head = superBlock + BigInt(type.offsetOf('s_mounts'));
    const mount = this.#typed.types.struct('mount');
    const inList = mount.find('mnt_instance');
    if (inList) {
      const { nodes, broken } = walkList(this.#typed.space, head, this.#left);
      this.#left -= nodes.length;
      // If mounts are missing, a file might get a path that is not valid in its namespace.
      if (isCut(broken)) throw new InspectError('corrupt', `the mounts of a file system: ${broken?.reason}`);
      return nodes.map((node) => node - BigInt(inList.offset));
    }
    return this.#chain(head, BigInt(mount.offsetOf('mnt_next_for_sb')));
  }

  /** Each mount of a chain points back to the pointer that leads to it, in the previous mount or the head. */
  #chain(head: bigint, next: bigint): bigint[] {
    const { space } = this.#typed;
    const found: bigint[] = [];
    const first = space.u64(head);
    let from = head;
    for (let at = first; at !== 0n; at = space.u64(from)) {
      if (this.#left <= 0) throw new InspectError('corrupt', 'there are more mounts than the limit');
      if (found.length > 0 && at === first) {
        throw new InspectError('corrupt', 'the mounts of a file system run in a circle', { address: at });
      }
      this.#left--;
      const m = this.#mount.load(at);
      if (!space.live && m.has('mnt_pprev_for_sb') && m.big('mnt_pprev_for_sb') !== from)
        throw misplaced(this.#read(at), 'has a wrong predecessor in the list of its file system');
      found.push(at);
      from = at + next;
    }
    return found;
  }
}

function misplaced({ address }: Mount, what: string): InspectError {
  return new InspectError('corrupt', `the mount at ${hex(address)} ${what}`, { address });
}
