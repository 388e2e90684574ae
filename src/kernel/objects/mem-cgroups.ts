import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import { Sentences } from '../evidence/sentences.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { KernfsPaths } from './kernfs-path.ts';
import { isCut, walkList } from './list.ts';

/** A cgroup that the memory controller knows (struct mem_cgroup, include/linux/memcontrol.h). */
export interface MemCgroup {
  /** Virtual address of the mem_cgroup. */
  readonly address: bigint;
  /** Index of its parent in the list of cgroups; null for the root. */
  readonly parent: number | null;
  /** Its path in the file system of cgroups; null if it cannot be read. */
  readonly path: string | null;
  /** Whether it exists for users. A removed one remains as long as pages are charged to it. */
  readonly online: boolean;
  /** Pages charged to it and to those below it, by its page_counter (memory.current). */
  readonly usage: number;
  /**
   * Index of the cgroup that its charges count for, too: its parent, but in v1 without use_hierarchy (to 5.10) the
   * root. null for the root.
   */
  readonly chargedTo: number | null;
}

/** Which hierarchy the memory controller is in, or why memory is not charged to cgroups. */
export type MemoryController =
  | 'v2'
  | 'v1'
  /** cgroup_disable=memory */
  | 'disabled'
  /** CONFIG_MEMCG=n */
  | 'notBuilt';

export interface MemCgroups {
  readonly controller: MemoryController;
  /** Parents before their children; empty if memory is not charged to cgroups. */
  readonly cgroups: readonly MemCgroup[];
  /** Sentences about what could not be read. */
  readonly problems: readonly string[];
  /** Whether these are all cgroups. */
  readonly whole: boolean;
}

/** MEM_CGROUP_ID_MAX (mm/memcontrol.c) is 65535. */
const CGROUPS_LIMIT = 1 << 16;

/** Whether this kernel was built with the memory controller. @throws InspectError missingInfo without types */
export function hasMemCgroups({ types }: TypedKernel): boolean {
  return types.findStruct('mem_cgroup')?.has('css') === true;
}

/**
 * Reads all cgroups of the memory controller, from its root on.
 * @throws InspectError missingInfo, notMapped, notStored
 */
export function readMemCgroups(typed: TypedKernel): MemCgroups {
  const none = { cgroups: [], problems: [], whole: true };
  if (!hasMemCgroups(typed)) return { controller: 'notBuilt', ...none };
  if (isDisabled(typed)) return { controller: 'disabled', ...none };
  const root = typed.space.u64(typed.symbol('root_mem_cgroup'));
  const tree = new CgroupTree(typed);
  tree.read(root);
  const { cgroups, problems, whole } = tree;
  return { controller: controllerOf(typed, root), cgroups, problems: problems.list(), whole };
}

/** The key of the controller is true unless cgroup_disable= names it (kernel/cgroup/cgroup.c). */
function isDisabled(typed: TypedKernel): boolean {
  const key = typed.findSymbol('memory_cgrp_subsys_enabled_key');
  return key !== undefined && typed.read('static_key', key, 'enabled').number('enabled') === 0;
}

/** A controller that no v1 hierarchy has is in that of v2, whether or not that is mounted. */
function controllerOf(typed: TypedKernel, root: bigint): 'v1' | 'v2' {
  const cgroup = typed.read('cgroup_subsys_state', root + cssOffset(typed), 'cgroup').big('cgroup');
  return typed.read('cgroup', cgroup, 'root').big('root') === typed.symbol('cgrp_dfl_root') ? 'v2' : 'v1';
}

function cssOffset(typed: TypedKernel): bigint {
  return BigInt(typed.types.struct('mem_cgroup').offsetOf('css'));
}

type CgroupReader = StructReader<
  'css.parent' | 'css.cgroup' | 'css.flags' | 'memory.usage' | 'memory.parent'
>;

/** Collects cgroups, parents first. Each is taken once, so that no damage can make this endless. */
class CgroupTree {
  readonly cgroups: MemCgroup[] = [];
  readonly problems = new Sentences();
  whole = true;
  readonly #typed: TypedKernel;
  readonly #memcg: CgroupReader;
  readonly #cgroup;
  readonly #paths: KernfsPaths;
  readonly #css: bigint;
  readonly #memory: bigint;
  readonly #sibling: bigint;
  readonly #children: bigint;
  readonly #onlineFlag: number;
  /** By address. */
  readonly #indexes = new Map<bigint, number>();

  constructor(typed: TypedKernel) {
    this.#typed = typed;
    const paths = ['css.parent', 'css.cgroup', 'css.flags', 'memory.usage', 'memory.parent'] as const;
    this.#memcg = typed.reader('mem_cgroup', ...paths);
    this.#cgroup = typed.reader('cgroup', 'kn');
    this.#paths = new KernfsPaths(typed);
    this.#css = cssOffset(typed);
    this.#memory = BigInt(typed.types.struct('mem_cgroup').offsetOf('memory'));
    const css = typed.types.struct('cgroup_subsys_state');
    this.#sibling = BigInt(css.offsetOf('sibling'));
    this.#children = BigInt(css.offsetOf('children'));
    this.#onlineFlag = Number(typed.types.enumerator('CSS_ONLINE') ?? 2n);
  }

  /** @throws InspectError if the root itself cannot be read */
  read(root: bigint): void {
    this.#add(root, null);
    for (let index = 0; index < this.cgroups.length; index++) this.#readChildren(index);
  }

  #readChildren(index: number): void {
    const { address } = this.cgroups[index] as MemCgroup;
    const head = address + this.#css + this.#children;
    this.#attempt(`the children of the cgroup at ${hex(address)}`, () => {
      const { nodes, broken } = walkList(this.#typed.space, head, CGROUPS_LIMIT);
      if (broken)
        this.#lost(
          `the list of cgroups is broken at ${hex(broken.address)}: ${broken.reason}`,
          isCut(broken),
        );
      for (const node of nodes) {
        const child = node - this.#sibling - this.#css;
        this.#attempt(`the cgroup at ${hex(child)}`, () => this.#add(child, index));
      }
    });
  }

  #add(address: bigint, parent: number | null): void {
    if (this.#indexes.has(address) || this.cgroups.length >= CGROUPS_LIMIT)
      throw new InspectError('corrupt', 'it is in the list of cgroups before, or there are too many', {
        address,
      });
    const memcg = this.#memcg.load(address);
    const above = parent === null ? 0n : (this.cgroups[parent] as MemCgroup).address;
    const expected = parent === null ? 0n : above + this.#css;
    if (memcg.big('css.parent') !== expected)
      throw new InspectError(
        'corrupt',
        `its parent is ${hex(memcg.big('css.parent'))}, not ${hex(expected)}`,
        { address },
      );
    this.#indexes.set(address, this.cgroups.length);
    const usage = memcg.number('memory.usage');
    const chargedTo = this.#indexes.get(memcg.big('memory.parent') - this.#memory) ?? null;
    const online = (memcg.number('css.flags') & this.#onlineFlag) !== 0;
    const path = this.#path(memcg.big('css.cgroup'), address);
    this.cgroups.push({ address, parent, path, online, usage, chargedTo });
  }

  #path(cgroup: bigint, address: bigint): string | null {
    let path: string | null = null;
    this.#attempt(`the name of the cgroup at ${hex(address)}`, () => {
      path = this.#paths.pathOf(this.#cgroup.load(cgroup).big('kn'));
    });
    return path;
  }

  /** What cannot be read of one cgroup says nothing about the others. */
  #attempt(what: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      this.#lost(`${what}: ${error.message}`, true);
    }
  }

  #lost(sentence: string, isLoss: boolean): void {
    this.problems.push(sentence);
    if (isLoss) this.whole = false;
  }
}
