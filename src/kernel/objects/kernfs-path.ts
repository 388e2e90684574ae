import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import { readString } from './c-string.ts';

/** A path has at most 4096 bytes (PATH_MAX), so no directory is deeper. */
const DEPTH_LIMIT = 2048;

/** Paths of kernfs_nodes (fs/kernfs/dir.c) in their file system, such as that of cgroups. */
export class KernfsPaths {
  readonly #typed: TypedKernel;
  readonly #node: StructReader<'parent' | 'name'>;
  /** Directories have many children. */
  readonly #known = new Map<bigint, string>();

  /** @throws InspectError missingInfo */
  constructor(typed: TypedKernel) {
    this.#typed = typed;
    this.#node = typed.reader('kernfs_node', 'parent', 'name');
  }

  /**
   * Returns the path of a node; "/" for the root.
   * @throws InspectError notMapped or notStored; corrupt if the parents run in a circle
   */
  pathOf(address: bigint): string {
    const way: { readonly at: bigint; readonly name: string }[] = [];
    let at = address;
    let above: string | undefined;
    for (; above === undefined; above = this.#known.get(at)) {
      const { parent, name } = this.#read(at);
      if (parent === 0n) break;
      way.push({ at, name });
      if (way.length > DEPTH_LIMIT) throw circle(address);
      at = parent;
    }
    let path = above ?? '';
    for (const step of way.reverse()) {
      path = `${path}/${step.name}`;
      this.#known.set(step.at, path);
    }
    return path === '' ? '/' : path;
  }

  #read(at: bigint): { readonly parent: bigint; readonly name: string } {
    const node = this.#node.load(at);
    const parent = node.big('parent');
    return { parent, name: parent === 0n ? '' : readString(this.#typed.space, node.big('name')) };
  }
}

function circle(address: bigint): InspectError {
  const what = `the parents of the kernfs_node at ${hex(address)} run in a circle`;
  return new InspectError('corrupt', what, { address });
}
