import { InspectError } from '../../errors.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { walkList } from './list.ts';
import { countOfNodeIds } from './nodes.ts';

/** Charges of kernel memory go through obj_cgroups, of which a cgroup has more when others below it are removed. */
const LIST_LIMIT = 1 << 16;

/** obj_cgroups (since 5.9), and the mem_cgroups that they stand for. */
export class ObjCgroups {
  readonly #typed: TypedKernel;
  readonly #objcg: StructReader<'memcg' | 'nr_charged_bytes' | 'is_root?'>;
  /** Addresses of the mem_cgroups. */
  readonly #known: ReadonlySet<bigint>;
  readonly #cgroups = new Map<bigint, bigint | null>();
  readonly #bytes = new Map<bigint, number>();

  readonly #root: bigint | undefined;
  readonly #roots = new Set<bigint>();

  /** @param known the addresses of all mem_cgroups, the root's first @throws InspectError missingInfo */
  constructor(typed: TypedKernel, known: ReadonlySet<bigint>) {
    this.#typed = typed;
    this.#known = known;
    [this.#root] = known;
    this.#objcg = typed.reader('obj_cgroup', 'memcg', 'nr_charged_bytes', 'is_root?');
  }

  /** Returns the mem_cgroup that a pointer to a mem_cgroup or obj_cgroup stands for; null for none. */
  cgroupOf(pointer: bigint): bigint | null {
    if (this.#known.has(pointer)) return pointer;
    let cgroup = this.#cgroups.get(pointer);
    if (cgroup === undefined) {
      cgroup = this.#read(pointer);
      this.#cgroups.set(pointer, cgroup);
    }
    return cgroup;
  }

  /** Whether a pointer stands for the root itself, to which nothing is charged, and for no removed cgroup. */
  isRoot(pointer: bigint): boolean {
    return pointer === this.#root || this.#roots.has(pointer);
  }

  #read(pointer: bigint): bigint | null {
    try {
      const objcg = this.#objcg.load(pointer);
      const cgroup = objcg.big('memcg');
      if (!this.#known.has(cgroup)) return null;
      // Since 7.1 the pages of the root name an obj_cgroup of its own.
      if (objcg.has('is_root') && objcg.number('is_root') !== 0) this.#roots.add(pointer);
      this.#bytes.set(pointer, objcg.number('nr_charged_bytes'));
      return cgroup;
    } catch (error) {
      if (error instanceof InspectError) return null;
      throw error;
    }
  }

  /** Looks up all obj_cgroups of a mem_cgroup. @throws InspectError */
  find(cgroup: bigint): void {
    for (const holder of this.#holders(cgroup)) {
      if (holder.own !== 0n) this.cgroupOf(holder.own);
      const list = BigInt(this.#objcg.type.offsetOf('list'));
      for (const node of walkList(this.#typed.space, holder.list, LIST_LIMIT).nodes)
        this.cgroupOf(node - list);
    }
  }

  /** Its own obj_cgroup and the list of inherited ones; since 7.1 for each node. */
  *#holders(cgroup: bigint): Generator<{ readonly own: bigint; readonly list: bigint }> {
    const { types, space } = this.#typed;
    const memcg = types.struct('mem_cgroup');
    const nodeInfo = types.findStruct('mem_cgroup_per_node');
    if (memcg.has('objcg')) {
      yield ownAndList(this.#typed, cgroup, memcg.offsetOf('objcg'), memcg.offsetOf('objcg_list'));
    } else if (nodeInfo?.has('objcg')) {
      const first = cgroup + BigInt(memcg.offsetOf('nodeinfo'));
      for (let node = 0; node < countOfNodeIds(this.#typed); node++) {
        const info = space.u64(first + BigInt(8 * node));
        if (info !== 0n)
          yield ownAndList(this.#typed, info, nodeInfo.offsetOf('objcg'), nodeInfo.offsetOf('objcg_list'));
      }
    }
  }

  /** Bytes that are charged in whole pages, but that no object has, by mem_cgroup: of all that was looked up. */
  get spareBytes(): Map<bigint, number> {
    const spare = new Map<bigint, number>();
    for (const [pointer, bytes] of this.#bytes) {
      const cgroup = this.#cgroups.get(pointer);
      if (cgroup) spare.set(cgroup, (spare.get(cgroup) ?? 0) + bytes);
    }
    return spare;
  }
}

function ownAndList({ space }: TypedKernel, at: bigint, objcg: number, list: number) {
  return { own: space.u64(at + BigInt(objcg)), list: at + BigInt(list) };
}
