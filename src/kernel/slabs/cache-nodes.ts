import { InspectError } from '../../errors.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** MAX_NUMNODES is at most 1 << 10 on x86_64 (NODES_SHIFT, arch/x86/Kconfig) */
const NODES_LIMIT = 1 << 10;

/** What a cache has for a node: the address of its kmem_cache_node, and of the node's barn where that is beside it (7.1+). */
export interface CacheNode {
  readonly id: number;
  /** 0 where the node has none. */
  readonly node: bigint;
  readonly barn: bigint;
}

/**
 * Reads kmem_cache.node[], or per_node[], which has the node's barn of sheaves beside it (7.1+, 5ba6bc27b1f9). The array is as long as
 * nr_node_ids, not as its type says.
 */
export class CacheNodes {
  readonly #typed: TypedKernel;
  readonly #offset: number;
  readonly #stride: number;
  readonly #count: number;
  /** Bytes from an element to the barn and to the node; null where there is no barn. */
  readonly #barn: number | null;
  readonly #node: number;

  /** @throws InspectError missingInfo, or corrupt for a number of nodes or an array that no kernel has */
  constructor(typed: TypedKernel) {
    const type = typed.types.struct('kmem_cache');
    const field = type.has('node[0]') ? 'node' : 'per_node';
    const [first, second] = [0, 1].map((i) => `${field}[${i}]`) as [string, string];
    this.#typed = typed;
    this.#offset = type.offsetOf(first);
    this.#stride = (type.find(second)?.offset ?? this.#offset + type.field(first).size) - this.#offset;
    this.#barn = field === 'node' ? null : type.offsetOf(`${first}.barn`) - this.#offset;
    this.#node = field === 'node' ? 0 : type.offsetOf(`${first}.node`) - this.#offset;
    this.#count = nodeCount(typed);
    if (this.#stride < 8) {
      throw new InspectError(
        'corrupt',
        `BTF: the elements of kmem_cache.${first} have ${this.#stride} bytes`,
      );
    }
  }

  /** For the nodes that have any of both. @throws InspectError notMapped or notStored */
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

function nodeCount(typed: TypedKernel): number {
  const ids = typed.findSymbol('nr_node_ids');
  const count = ids === undefined ? 1 : typed.space.u32(ids);
  if (count >= 1 && count <= NODES_LIMIT) return count;
  throw new InspectError('corrupt', `nr_node_ids is ${count}, no number of nodes`);
}
