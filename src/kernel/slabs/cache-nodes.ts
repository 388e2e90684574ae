import { InspectError } from '../../errors.ts';
import { countOfNodeIds } from '../objects/nodes.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/**
 * What a cache has for a node: its kmem_cache_node, and the node's barn if it is beside that (7.1+);
 * addresses.
 */
export interface CacheNode {
  readonly id: number;
  /** 0 if the node has none. */
  readonly node: bigint;
  readonly barn: bigint;
}

/**
 * Reads kmem_cache.node[], or per_node[] (7.1+, 5ba6bc27b1f9), which also has the node's barn of sheaves. The
 * array has nr_node_ids elements, whatever its type says.
 */
export class CacheNodes {
  readonly #typed: TypedKernel;
  readonly #offset: number;
  readonly #stride: number;
  readonly #count: number;
  /** Bytes from an element to its barn; null if there is none. */
  readonly #barn: number | null;
  /** Bytes from an element to its node. */
  readonly #node: number;

  /** @throws InspectError missingInfo; corrupt for an impossible number of nodes or array */
  constructor(typed: TypedKernel) {
    const type = typed.types.struct('kmem_cache');
    const field = type.has('node[0]') ? 'node' : 'per_node';
    const [first, second] = [0, 1].map((i) => `${field}[${i}]`) as [string, string];
    this.#typed = typed;
    this.#offset = type.offsetOf(first);
    this.#stride = (type.find(second)?.offset ?? this.#offset + type.field(first).size) - this.#offset;
    this.#barn = field === 'node' ? null : type.offsetOf(`${first}.barn`) - this.#offset;
    this.#node = field === 'node' ? 0 : type.offsetOf(`${first}.node`) - this.#offset;
    this.#count = countOfNodeIds(typed);
    if (this.#stride < 8) {
      throw new InspectError(
        'corrupt',
        `BTF: the elements of kmem_cache.${first} have ${this.#stride} bytes`,
      );
    }
  }

  /** Returns the nodes that have a kmem_cache_node or a barn. @throws InspectError notMapped or notStored */
  of(cache: bigint): CacheNode[] {
    const last = (this.#count - 1) * this.#stride;
    const end = last + Math.max(this.#barn ?? 0, this.#node) + 8;
    const bytes = this.#typed.space.bytes(cache + BigInt(this.#offset), end);
    const view = new DataView(bytes.buffer);
    const nodes = Array.from({ length: this.#count }, (_, id) => ({
      id,
      node: view.getBigUint64(id * this.#stride + this.#node, true),
      barn: this.#barn === null ? 0n : view.getBigUint64(id * this.#stride + this.#barn, true),
    }));
    return nodes.filter(({ node, barn }) => node !== 0n || barn !== 0n);
  }
}
