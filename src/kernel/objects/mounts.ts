import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { Dentries } from './dentries.ts';
import { isCut, walkList } from './list.ts';

/** A place where a file system, or a part of it, is mounted (struct mount, fs/mount.h). */
interface Mount {
  readonly address: bigint;
  /** The dentry that is its root: the file system's, or any other for a bind mount. */
  readonly root: bigint;
  readonly parent: bigint;
  readonly mountpoint: bigint;
  /** Its namespace, 0n for what the kernel mounted for itself and for what was unmounted. */
  readonly namespace: bigint;
}

/** Mounts of all file systems together, and mounts above one another: no machine has as many. */
const MOUNTS_LIMIT = 1 << 17;
const DEPTH_LIMIT = 256;

const MEMBERS = [
  ...(['mnt_parent', 'mnt_mountpoint', 'mnt.mnt_root', 'mnt_ns'] as const),
  ...(['mnt.mnt_sb?', 'mnt_pprev_for_sb?'] as const),
] as const;

/** Where a file can be found by its name. */
export interface Located {
  readonly path: string;
  /**
   * In which names: those of the first process, those of another mount namespace (a container's), or of the file system
   * alone, which is mounted nowhere.
   */
  readonly names: 'initial' | 'other' | 'fileSystem';
}

/** Finds the paths of dentries through the mounts of their file systems. */
export class Mounts {
  readonly #typed: TypedKernel;
  readonly #dentries: Dentries;
  readonly #mount: StructReader<(typeof MEMBERS)[number]>;
  readonly #initial: bigint;
  /** By super block, and by the dentry that is their root. */
  readonly #ofSuper = new Map<bigint, ReadonlyMap<bigint, readonly Mount[]>>();
  #left: number;

  /** @param most mounts that are read in all; @throws InspectError missingInfo */
  constructor(typed: TypedKernel, dentries: Dentries, most = MOUNTS_LIMIT) {
    this.#left = most;
    this.#typed = typed;
    this.#dentries = dentries;
    this.#mount = typed.reader('mount', ...MEMBERS);
    this.#initial = typed.read('nsproxy', typed.symbol('init_nsproxy'), 'mnt_ns').big('mnt_ns');
  }

  /** The path of a dentry of a file system (super_block). @throws InspectError notMapped, notStored */
  locate(superBlock: bigint, dentry: bigint): Located {
    const { names, dentries } = this.#dentries.chain(dentry);
    // The whole file system before a part of it, which a bind mount shows elsewhere as well.
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

  /** The names that lead to a mount, through all mounts above it. */
  #above(mount: Mount): string[] {
    const parts: (readonly string[])[] = [];
    const seen = new Set([mount.address]);
    for (let at = mount; at.parent !== at.address; ) {
      const parent = this.#read(at.parent);
      if (seen.has(parent.address) || seen.size > DEPTH_LIMIT) throw misplaced(at, 'is mounted on itself');
      seen.add(parent.address);
      const chain = this.#dentries.chain(at.mountpoint);
      const below = chain.dentries.indexOf(parent.root);
      // A mountpoint lies in that part of a file system which the parent shows.
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

  /** What a file system has as its mount names it. The mount was read last. */
  #requireSuper(mount: Mount, superBlock: bigint): void {
    const m = this.#mount;
    if (this.#typed.space.live || !m.has('mnt.mnt_sb') || m.big('mnt.mnt_sb') === superBlock) return;
    throw misplaced(mount, `is in the list of another file system, of that at ${hex(superBlock)}`);
  }

  /** super_block.s_mounts: the head of a list through mnt_instance, or (in 7.3) the first of a chain. */
  #addressesOf(superBlock: bigint): bigint[] {
    const type = this.#typed.types.struct('super_block');
    const head = superBlock + BigInt(type.offsetOf('s_mounts'));
    const mount = this.#typed.types.struct('mount');
    const inList = mount.find('mnt_instance');
    if (inList) {
      const { nodes, broken } = walkList(this.#typed.space, head, this.#left);
      this.#left -= nodes.length;
      // Without one of its mounts a file might be given a name that it does not have there.
      if (isCut(broken)) throw new InspectError('corrupt', `the mounts of a file system: ${broken?.reason}`);
      return nodes.map((node) => node - BigInt(inList.offset));
    }
    return this.#chain(head, BigInt(mount.offsetOf('mnt_next_for_sb')));
  }

  /** Each mount of a chain names what leads to it, the pointer in the one before or the head. */
  #chain(head: bigint, next: bigint): bigint[] {
    const { space } = this.#typed;
    const found: bigint[] = [];
    const first = space.u64(head);
    let from = head;
    for (let at = first; at !== 0n; at = space.u64(from)) {
      if (this.#left <= 0) throw new InspectError('corrupt', 'there are more mounts than are read in all');
      if (found.length > 0 && at === first) {
        throw new InspectError('corrupt', 'the mounts of a file system run in a circle', { address: at });
      }
      this.#left--;
      const m = this.#mount.load(at);
      if (!space.live && m.has('mnt_pprev_for_sb') && m.big('mnt_pprev_for_sb') !== from)
        throw misplaced(this.#read(at), 'names another one before it in the list of its file system');
      found.push(at);
      from = at + next;
    }
    return found;
  }
}

function misplaced({ address }: Mount, what: string): InspectError {
  return new InspectError('corrupt', `the mount at ${hex(address)} ${what}`, { address });
}
