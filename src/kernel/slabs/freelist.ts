import { InspectError } from '../../errors.ts';
import { hex } from '../../hex.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import { indexOf, type Slab, type SlabShape } from './slab.ts';

/** The free objects on a freelist. */
export interface Freelist {
  /** Virtual addresses in the list's order. */
  readonly objects: readonly bigint[];
  /** Why the list is invalid after these; null if it ended properly. */
  readonly wrong: string | null;
}

/**
 * Follows freelists (mm/slub.c): each free object holds a pointer to the next one in the same slab. With
 * CONFIG_SLAB_FREELIST_HARDENED it is stored XOR kmem_cache.random XOR its own address, byte-swapped since
 * 5.7 (1ad53d9fa3f6). Whether it is swapped is learned from the first list that leads to its end.
 */
export class FreelistReader {
  readonly #space: AddressSpace;
  readonly #word = new DataView(new ArrayBuffer(8));
  readonly #bytes = new Uint8Array(this.#word.buffer);
  #swaps: boolean | undefined;

  constructor(space: AddressSpace) {
    this.#space = space;
  }

  /** @param first the first free object, decoded; 0 for an empty list */
  read(first: bigint, slab: Slab, shape: SlabShape): Freelist {
    if (this.#swaps !== undefined) return this.#follow(first, slab, shape, this.#swaps);
    const swapped = this.#follow(first, slab, shape, true);
    if (first === 0n || shape.random === null) return swapped;
    const plain = swapped.wrong === null ? swapped : this.#follow(first, slab, shape, false);
    if (plain.wrong === null) this.#swaps = plain === swapped;
    return plain.wrong === null ? plain : swapped;
  }

  #follow(first: bigint, slab: Slab, shape: SlabShape, swaps: boolean): Freelist {
    const objects: bigint[] = [];
    const seen = new Uint8Array(slab.objects);
    for (let at = first; at !== 0n; ) {
      const index = indexOf(at, slab, shape);
      if (index === undefined)
        return { objects, wrong: `its freelist leads to ${hex(at)}, which is not one of its objects` };
      if (seen[index] === 1) return { objects, wrong: `its freelist leads to ${hex(at)} twice` };
      seen[index] = 1;
      objects.push(at);
      const next = this.#next(at + BigInt(shape.freePointerAt), shape.random, swaps);
      if (typeof next === 'string') return { objects, wrong: next };
      at = next;
    }
    return { objects, wrong: null };
  }

  /** Returns the pointer stored at an address, or why it cannot be read. */
  #next(address: bigint, random: bigint | null, swaps: boolean): bigint | string {
    try {
      this.#space.read(address, this.#bytes);
    } catch (error) {
      if (error instanceof InspectError) return `its freelist cannot be read: ${error.message}`;
      throw error;
    }
    const stored = this.#word.getBigUint64(0, true);
    if (random === null) return stored;
    this.#word.setBigUint64(0, address, true);
    return stored ^ random ^ this.#word.getBigUint64(0, !swaps);
  }
}
