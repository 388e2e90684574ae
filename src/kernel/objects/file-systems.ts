import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';

/** Limit of super blocks of one type, more than any machine has. */
const SUPERS_LIMIT = 1 << 17;

/** Reads file system types (struct file_system_type, include/linux/fs.h). */
export class FileSystems {
  readonly #typed: TypedKernel;
  readonly #type: StructReader<'name' | 'fs_supers.first?'>;
  /** Bytes from a super block to its link in the list of its type; undefined if the types lack it. */
  readonly #instance: number | undefined;
  /** Names, and the links of super blocks, by address of the type. */
  readonly #known = new Map<
    bigint,
    { readonly name: string; readonly instances: ReadonlySet<bigint> | null }
  >();
  #devices: bigint | null | undefined;

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#type = typed.reader('file_system_type', 'name', 'fs_supers.first?');
    this.#instance = typed.types.struct('super_block').find('s_instances')?.offset;
  }

  /**
   * Returns the name of the type of a super block.
   * @throws InspectError notMapped, notStored; corrupt if the type does not list it (sget)
   */
  typeOf(superBlock: bigint, type: bigint): string {
    const { name, instances } = this.#read(type);
    if (instances === null || instances.has(superBlock + BigInt(this.#instance ?? 0))) return name;
    const what = `the super block at ${hex(superBlock)} is not in the list of its s_type at ${hex(type)}`;
    throw new InspectError('corrupt', what, { address: superBlock });
  }

  /**
   * Whether the inodes of a super block belong to block devices.
   * @throws InspectError notMapped, notStored
   */
  isOfDevices(superBlock: bigint, type: string): boolean {
    if (this.#devices === undefined) {
      const at = this.#typed.findSymbol('blockdev_superblock');
      this.#devices = at === undefined ? null : this.#typed.space.u64(at);
    }
    return this.#devices === null ? type === 'bdev' : superBlock === this.#devices;
  }

  #read(type: bigint) {
    const known = this.#known.get(type);
    if (known) return known;
    const t = this.#type.load(type);
    const first = t.has('fs_supers.first') && this.#instance !== undefined && !this.#typed.space.live;
    const [at, head] = [t.big('name'), first ? t.big('fs_supers.first') : null];
    const name = readString(this.#typed.space, at);
    const read = { name, instances: head === null ? null : this.#instances(head) };
    this.#known.set(type, read);
    return read;
  }

  /** Returns the nodes of an hlist as far as they can be read. */
  #instances(first: bigint): ReadonlySet<bigint> {
    const nodes = new Set<bigint>();
    try {
      for (let at = first; at !== 0n && !nodes.has(at) && nodes.size < SUPERS_LIMIT; ) {
        const next = this.#typed.space.u64(at);
        nodes.add(at);
        at = next;
      }
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
    }
    return nodes;
  }
}
