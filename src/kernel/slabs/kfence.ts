import type { Range } from '../../bytes/ranges.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { tryString } from '../objects/c-string.ts';
import { PageAddresses } from '../objects/page-addresses.ts';
import type { StructReader } from '../types/struct-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** CONFIG_KFENCE_NUM_OBJECTS is at most 65535 (lib/Kconfig.kfence). */
const OBJECTS_LIMIT = 65535;

/** The states of an object of KFENCE (enum kfence_object_state). */
export type KfenceState = 'unused' | 'allocated' | 'freeing' | 'freed';

const STATES: readonly (readonly [string, KfenceState])[] = [
  ['KFENCE_OBJECT_UNUSED', 'unused'],
  ['KFENCE_OBJECT_ALLOCATED', 'allocated'],
  // Only in newer kernels.
  ['KFENCE_OBJECT_RCU_FREEING', 'freeing'],
  ['KFENCE_OBJECT_FREED', 'freed'],
];

/** KFENCE's metadata of an object: the one that its page has, or had last. */
export interface KfenceObject {
  /** Counted from 0. */
  readonly index: number;
  /** Virtual address. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  /** null for an unknown value. */
  readonly state: KfenceState | null;
  /** null if it was never used. */
  readonly cache: { readonly address: bigint; readonly name: string | null } | null;
}

/**
 * The KFENCE pool (mm/kfence/core.c), which gives some slab objects a page of their own between guard pages:
 * two pages that are never mapped, then for each object one page and one guard page. The pages of objects are
 * typed as slabs of the cache, but are not slabs, and are unmapped while their object is free.
 */
export class KfencePool {
  readonly pfns: Range;
  /** Virtual address of its first byte. */
  readonly #begin: bigint;
  readonly #typed: TypedKernel;
  readonly #metadata: bigint;
  readonly #reader: StructReader<'addr' | 'size' | 'cache' | 'state'>;

  private constructor(typed: TypedKernel, begin: bigint, metadata: bigint, objects: number) {
    this.#typed = typed;
    this.#begin = begin;
    this.#metadata = metadata;
    this.#reader = readerOf(typed);
    const first = new PageAddresses(typed).pfnOfDirect(begin);
    this.pfns = { start: first, end: first + 2 * (objects + 1) };
  }

  /**
   * Returns null for a kernel without KFENCE, or if it is off.
   * @throws InspectError missingInfo without its type; corrupt if its metadata does not describe the pool
   */
  static of(typed: TypedKernel): KfencePool | null {
    if (!typed.symbols.hasData && !typed.hasFunction('__kfence_alloc')) return null;
    const symbol = typed.findSymbol('__kfence_pool');
    const begin = symbol === undefined ? 0n : typed.space.u64(symbol);
    if (begin === 0n) return null;
    const symbolOfAll = typed.symbol('kfence_metadata');
    // A pointer to the array since 6.6; before, the array itself.
    for (const at of [typed.space.u64(symbolOfAll), symbolOfAll]) {
      const objects = countObjects(typed, begin, at);
      if (objects > 0) return new KfencePool(typed, begin, at, objects);
    }
    throw new InspectError('corrupt', 'kfence_metadata does not describe the pool at __kfence_pool', {
      address: symbolOfAll,
    });
  }

  has(pfn: number): boolean {
    return pfn >= this.pfns.start && pfn < this.pfns.end;
  }

  /** Returns the physical address of a virtual one, mapped or not; null outside the pool. */
  physicalOf(address: bigint): number | null {
    const inside = Number(address - this.#begin);
    const physical = this.pfns.start * PAGE_SIZE + inside;
    return inside >= 0 && physical < this.pfns.end * PAGE_SIZE ? physical : null;
  }

  /** Returns the object of a page; null for a guard page. @throws InspectError notMapped or notStored */
  objectAt(pfn: number): KfenceObject | null {
    const page = pfn - this.pfns.start;
    if (page < 2 || page % 2 === 1) return null;
    const index = page / 2 - 1;
    const m = this.#reader.load(this.#metadata + BigInt(index * this.#reader.type.size));
    const cache = m.big('cache');
    return {
      index,
      address: m.big('addr'),
      size: m.number('size'),
      state: this.#stateOf(m.big('state')),
      cache: cache === 0n ? null : { address: cache, name: this.#nameOf(cache) },
    };
  }

  #stateOf(value: bigint): KfenceState | null {
    const known = STATES.find(([name]) => this.#typed.types.enumerator(name) === value);
    return known ? known[1] : null;
  }

  #nameOf(cache: bigint): string | null {
    const name = this.#typed.read('kmem_cache', cache, 'name').big('name');
    return tryString(this.#typed.space, name) ?? null;
  }
}

function readerOf(typed: TypedKernel) {
  return typed.reader('kfence_metadata', 'addr', 'size', 'cache', 'state');
}

/**
 * Returns how many entries from `at` on belong to the pool: each has an address in its own page
 * (kfence_init_pool).
 */
function countObjects(typed: TypedKernel, begin: bigint, at: bigint): number {
  const reader = readerOf(typed);
  let count = 0;
  try {
    while (count < OBJECTS_LIMIT) {
      const addr = reader.load(at + BigInt(count * reader.type.size)).big('addr');
      if (addr - (addr % BigInt(PAGE_SIZE)) !== begin + BigInt(2 * (count + 1) * PAGE_SIZE)) break;
      count++;
    }
  } catch (error) {
    if (!(error instanceof InspectError) || error.kind !== 'notMapped') throw error;
  }
  return count;
}
