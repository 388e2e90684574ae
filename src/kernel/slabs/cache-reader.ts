import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import { readString } from '../objects/c-string.ts';
import { otherName } from '../objects/kobject.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';
import type { SlabShape } from './slab.ts';

/** kmem_cache_order_objects.x: the order above OO_SHIFT, the number of objects below (mm/slub.c) */
const OO_SHIFT = 16;
const OO_MASK = (1 << OO_SHIFT) - 1;
/** The buddy allocator's largest order is 10 by default. */
const ORDER_LIMIT = 16;
/** Bytes. */
const WORD = 8;

/** A cache without its contents. */
export interface CacheIdentity extends SlabShape {
  /**
   * Name of the cache that was created first: similar caches are merged into it (kmem_cache.refcount counts
   * them).
   */
  readonly name: string;
  /** Its name in sysfs, if that differs. */
  readonly otherName?: string | undefined;
  /** Bytes that a user of the cache gets per object. */
  readonly objectSize: number;
  /** How many caches are merged into this one. */
  readonly aliases: number;
}

/**
 * Returns the factor by which the kernel divides by a number (reciprocal_value, lib/math/reciprocal_div.c).
 */
function reciprocalOf(divisor: number): number {
  const d = BigInt(divisor);
  const bits = BigInt(32 - Math.clz32(divisor - 1));
  return Number(((1n << 32n) * ((1n << bits) - d)) / d + 1n);
}

/** Reads kmem_cache structures. */
export class CacheReader {
  /** Bytes to the list_head that links all caches. */
  readonly listOffset: bigint;
  readonly #typed: TypedKernel;
  readonly #cache;

  /** @throws InspectError missingInfo; unsupported for another allocator (SLAB, to 6.7; SLOB) */
  constructor(typed: TypedKernel) {
    const type = typed.types.struct('kmem_cache');
    if (!type.has('oo')) {
      throw new InspectError(
        'unsupported',
        'this kernel does not use SLUB, the only slab allocator since 6.8',
      );
    }
    this.#typed = typed;
    this.#cache = typed.reader(
      'kmem_cache',
      ...(['size', 'object_size', 'oo.x', 'min.x', 'name', 'refcount', 'offset'] as const),
      ...(['red_left_pad?', 'random?', 'kobj.name?', 'reciprocal_size.m?'] as const),
      ...(['inuse?', 'useroffset?', 'usersize?'] as const),
    );
    this.listOffset = BigInt(type.offsetOf('list'));
  }

  /** @throws InspectError notMapped or notStored; corrupt for impossible sizes */
  read(address: bigint): CacheIdentity {
    const c = this.#cache.load(address);
    const oo = c.number('oo.x');
    const order = oo >>> OO_SHIFT;
    const size = c.number('size');
    if (order > ORDER_LIMIT) {
      throw new InspectError('corrupt', `implausible slab order ${order}`, { address });
    }
    // As many as fit (order_objects).
    if ((oo & OO_MASK) !== Math.floor((PAGE_SIZE * 2 ** order) / size)) {
      const what = `slabs of order ${order} cannot have ${oo & OO_MASK} objects of ${size} bytes`;
      throw new InspectError('corrupt', what, { address });
    }
    if (c.has('reciprocal_size.m') && c.number('reciprocal_size.m') !== reciprocalOf(size)) {
      const what = `its objects take ${size} bytes, but its reciprocal_size belongs to another number`;
      throw new InspectError('corrupt', what, { address });
    }
    const pad = c.has('red_left_pad') ? c.number('red_left_pad') : 0;
    this.#requireObjectSize(pad, address);
    const name = readString(this.#typed.space, c.big('name'));
    return {
      cache: address,
      name,
      otherName: c.has('kobj.name') ? this.#otherName(c.big('kobj.name'), name) : undefined,
      objectSize: c.number('object_size'),
      size,
      pad,
      objectsPerSlab: oo & OO_MASK,
      pagesPerSlab: 2 ** order,
      leastPages: 2 ** Math.min(order, c.number('min.x') >>> OO_SHIFT),
      freePointerAt: c.number('offset'),
      random: c.has('random') ? c.big('random') : null,
      aliases: c.number('refcount'),
    };
  }

  /**
   * `inuse` is the size of an object rounded up to a word (calculate_sizes), plus a word for a red zone. The
   * part that may be copied to user space lies within the object (kmem_cache_create_usercopy).
   */
  #requireObjectSize(pad: number, address: bigint): void {
    const c = this.#cache;
    const objectSize = c.number('object_size');
    const words = Math.ceil(objectSize / WORD) * WORD;
    const inuse = c.has('inuse') ? c.number('inuse') : words;
    if (inuse !== words && (pad === 0 || inuse !== words + WORD)) {
      const what = `its objects have ${objectSize} bytes, but its inuse is ${inuse}`;
      throw new InspectError('corrupt', what, { address });
    }
    const copied =
      c.has('usersize') && c.has('useroffset') ? c.number('useroffset') + c.number('usersize') : 0;
    if (copied <= objectSize) return;
    const what = `its objects have ${objectSize} bytes, but ${copied} of them may be copied to user space`;
    throw new InspectError('corrupt', what, { address });
  }

  /** Caches that may be merged are named after their layout in sysfs, ":0000192" (create_unique_id). */
  #otherName(at: bigint, name: string): string | undefined {
    const other = otherName(this.#typed.space, at, name);
    return other?.startsWith(':') ? undefined : other;
  }
}
