import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';

/** The names that lead to a dentry from the root of its file system, or from where the chain begins. */
export interface DentryChain {
  readonly names: readonly string[];
  /** Addresses of the dentries, from the file's upwards. */
  readonly dentries: readonly bigint[];
}

/** PATH_MAX is 4096, and a path component has at least a byte and a slash. */
const DEPTH_LIMIT = 2048;

/** Limit of steps from a dentry to its parent, over all paths: 100,000 files that are 40 deep. */
const STEPS_LIMIT = 1 << 22;
/** Limit of bytes of all paths together. */
const ALL_BYTES_LIMIT = 1 << 24;
/** Limit of bytes of a path: the kernel itself accepts no more than 4,096 (PATH_MAX). */
const BYTES_LIMIT = 1 << 14;

/** What is left for all paths together. */
export interface PathBudget {
  steps: number;
  bytes: number;
}

/** Reads the directory entry cache (struct dentry, include/linux/dcache.h). */
export class Dentries {
  readonly #typed: TypedKernel;
  readonly #dentry: StructReader<'d_parent' | 'd_name.name' | 'd_name.len' | 'd_hash.pprev' | 'd_inode?'>;
  readonly #alias: bigint;
  /** Where a dentry has its short name, and its size including the NUL. */
  readonly #short: { readonly offset: number; readonly size: number } | undefined;
  readonly #names = new Map<bigint, { readonly name: string; readonly parent: bigint }>();
  readonly #budget: PathBudget;
  /** One error object for all paths beyond the budget: there may be a hundred thousand files. */
  #spent: InspectError | undefined;

  /**
   * @param budget for all paths together
   * @throws InspectError missingInfo
   */
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
    // Renamed in 6.14.
    this.#short = this.#dentry.type.find('d_shortname', 'd_iname');
  }

  /**
   * Returns the dentry at a node of an inode's i_dentry.
   * @throws InspectError notMapped, notStored; corrupt if it belongs to another inode
   */
  ofAlias(node: bigint, inode: bigint): bigint {
    const dentry = node - this.#alias;
    const d = this.#dentry.load(dentry);
    if (!d.has('d_inode') || d.big('d_inode') === inode || this.#typed.space.live) return dentry;
    throw corrupt(
      dentry,
      `is in the list of the inode at ${hex(inode)}, but has the inode at ${hex(d.big('d_inode'))}`,
    );
  }

  /** Whether look-ups no longer find it: its file was deleted, or never had a name. @throws InspectError */
  isUnhashed(dentry: bigint): boolean {
    return this.#dentry.load(dentry).big('d_hash.pprev') === 0n;
  }

  /**
   * Returns the names up to the root.
   * @throws InspectError notMapped, notStored; corrupt if it has no root, and as name()
   */
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
        const what = `the dentry at ${hex(dentry)} has no root among the ${dentries.size} dentries above it`;
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
    this.#spent ??= new InspectError('corrupt', 'the paths of all files exceed the limit');
    throw this.#spent;
  }

  /** Returns its own name. @throws InspectError notMapped, notStored; corrupt if its length is wrong */
  name(dentry: bigint): string {
    return this.#read(dentry).name;
  }

  /** Caches names: directories occur again and again. */
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

  /** Checks that a name ends where its length says, and is in its dentry if it fits there (__d_alloc). */
  #requireName(dentry: bigint, at: bigint, length: number): void {
    const short = this.#short;
    const inside = short !== undefined && at === dentry + BigInt(short.offset);
    if (short !== undefined && inside !== length < short.size) {
      const where = inside ? 'in its dentry' : 'outside its dentry';
      throw corrupt(dentry, `has a name of ${length} bytes ${where}, which has room for ${short.size}`);
    }
    const end = length > NAME_MAX ? -1 : this.#typed.space.bytes(at, length + 1).indexOf(0);
    if (end !== length)
      throw corrupt(dentry, `has a name of ${length} bytes according to d_name, but it does not end there`);
  }
}

function corrupt(dentry: bigint, what: string): InspectError {
  return new InspectError('corrupt', `the dentry at ${hex(dentry)} ${what}`, { address: dentry });
}

/** include/uapi/linux/limits.h */
const NAME_MAX = 255;

const NAMES_LIMIT = 1 << 16;
