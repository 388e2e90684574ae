import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';

/** The names that lead from a file system's root, or from where the chain begins, to a dentry. */
export interface DentryChain {
  readonly names: readonly string[];
  /** The dentries from that of the file up to the first, addresses. */
  readonly dentries: readonly bigint[];
}

/** PATH_MAX is 4096, and a name has a byte and a slash at least. */
const DEPTH_LIMIT = 2048;

/** Steps from a dentry to the one above it, of all paths together: 100,000 files that lie 40 deep. */
const STEPS_LIMIT = 1 << 22;
/** Bytes of all paths together, and of one: the kernel itself takes none that is longer than 4,096 (PATH_MAX). */
const ALL_BYTES_LIMIT = 1 << 24;
const BYTES_LIMIT = 1 << 14;

/** How much all paths together may have. */
export interface PathBudget {
  steps: number;
  bytes: number;
}

/** Reads the directory entry cache (struct dentry, include/linux/dcache.h). */
export class Dentries {
  readonly #typed: TypedKernel;
  readonly #dentry: StructReader<'d_parent' | 'd_name.name' | 'd_name.len' | 'd_hash.pprev' | 'd_inode?'>;
  readonly #alias: bigint;
  /** Where a dentry has a short name, and how many bytes with the NUL fit there. */
  readonly #short: { readonly offset: number; readonly size: number } | undefined;
  readonly #names = new Map<bigint, { readonly name: string; readonly parent: bigint }>();
  readonly #budget: PathBudget;
  /** One error for all that is past the budget, which may be a hundred thousand files. */
  #spent: InspectError | undefined;

  /** @param budget of all paths that it tells; @throws InspectError missingInfo */
  constructor(typed: TypedKernel, budget: PathBudget = { steps: STEPS_LIMIT, bytes: ALL_BYTES_LIMIT }) {
    this.#budget = budget;
    this.#typed = typed;
    this.#dentry = typed.reader(
      'dentry',
      'd_parent',
      'd_name.name',
      'd_name.len',
      'd_hash.pprev',
      'd_inode?',
    );
    this.#alias = BigInt(this.#dentry.type.offsetOf('d_u.d_alias', 'd_alias'));
    // Its name changed in 6.14.
    this.#short = this.#dentry.type.find('d_shortname', 'd_iname');
  }

  /**
   * The dentry whose hlist_node of an inode's i_dentry stands at an address.
   * @throws InspectError notMapped, notStored; corrupt, for one of another inode
   */
  ofAlias(node: bigint, inode: bigint): bigint {
    const dentry = node - this.#alias;
    const d = this.#dentry.load(dentry);
    if (!d.has('d_inode') || d.big('d_inode') === inode || this.#typed.space.live) return dentry;
    throw corrupt(dentry, `is in the list of the inode at ${hex(inode)}, and names ${hex(d.big('d_inode'))}`);
  }

  /** Whether no look-up finds it any more: its file was deleted, or never had a name. @throws InspectError */
  isUnhashed(dentry: bigint): boolean {
    return this.#dentry.load(dentry).big('d_hash.pprev') === 0n;
  }

  /** @throws InspectError notMapped, notStored; corrupt, for one that has no root above it, and as name() */
  chain(dentry: bigint): DentryChain {
    const names: string[] = [];
    const dentries = new Set<bigint>();
    let bytes = 0;
    for (let at = dentry; ; ) {
      const { name, parent } = this.#read(at);
      this.#charge(name);
      bytes += name.length + 1;
      if (bytes > BYTES_LIMIT) throw corrupt(dentry, `has a path of more than ${BYTES_LIMIT} bytes`);
      dentries.add(at);
      if (parent === at) break;
      if (dentries.has(parent) || dentries.size >= DEPTH_LIMIT) {
        const what = `the dentry at ${hex(dentry)} has no root above it, but ${dentries.size} dentries`;
        throw new InspectError('corrupt', what, { address: dentry });
      }
      names.push(name);
      at = parent;
    }
    return { names: names.reverse(), dentries: [...dentries] };
  }

  #charge(name: string): void {
    this.#budget.steps--;
    this.#budget.bytes -= name.length + 1;
    if (this.#budget.steps >= 0 && this.#budget.bytes >= 0) return;
    this.#spent ??= new InspectError('corrupt', 'the paths of all files are longer than any that are told');
    throw this.#spent;
  }

  /** Its own name. @throws InspectError notMapped, notStored; corrupt, for one of another length than it says */
  name(dentry: bigint): string {
    return this.#read(dentry).name;
  }

  /** Directories come again and again. */
  #read(dentry: bigint): { readonly name: string; readonly parent: bigint } {
    const known = this.#names.get(dentry);
    if (known) return known;
    const d = this.#dentry.load(dentry);
    const [at, length, parent] = [d.big('d_name.name'), d.number('d_name.len'), d.big('d_parent')];
    if (!this.#typed.space.live) this.#requireName(dentry, at, length);
    const read = { name: readString(this.#typed.space, at, Math.min(length, NAME_MAX)), parent };
    if (this.#names.size < NAMES_LIMIT) this.#names.set(dentry, read);
    return read;
  }

  /** A name ends where its length says, and one that has room in its dentry is there (__d_alloc); that of a running kernel may change. */
  #requireName(dentry: bigint, at: bigint, length: number): void {
    const short = this.#short;
    const inside = short !== undefined && at === dentry + BigInt(short.offset);
    if (short !== undefined && inside !== length < short.size) {
      const where = inside ? 'in its dentry' : 'outside its dentry';
      throw corrupt(dentry, `has a name of ${length} bytes ${where}, where ${short.size} have room`);
    }
    const end = length > NAME_MAX ? -1 : this.#typed.space.bytes(at, length + 1).indexOf(0);
    if (end !== length)
      throw corrupt(dentry, `has a name of ${length} bytes, by its d_name, which does not end there`);
  }
}

function corrupt(dentry: bigint, what: string): InspectError {
  return new InspectError('corrupt', `the dentry at ${hex(dentry)} ${what}`, { address: dentry });
}

/** include/uapi/linux/limits.h */
const NAME_MAX = 255;

const NAMES_LIMIT = 1 << 16;
