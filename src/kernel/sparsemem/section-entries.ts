import { Lru } from '../../bytes/lru.ts';
import { u64At } from '../../bytes/words.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { Geometry } from './mem-section-geometry.ts';

const POINTER = 8;
/** Number of roots kept: a scan visits them in order, and 128 to 256 sections share one. */
const CACHED_ROOTS = 8;

/** Reads section_mem_map of the entries of mem_section, an array of pointers to pages of entries (roots). */
export class SectionEntries {
  readonly #space: AddressSpace;
  readonly #geometry: Geometry;
  readonly #array: bigint;
  readonly #pages = new Lru<number, Uint8Array>(CACHED_ROOTS);
  readonly #pointers = new Lru<bigint, Uint8Array>(1);
  #section = -1;
  #encoded: bigint | null = null;

  /** @param array virtual address of mem_section */
  constructor(space: AddressSpace, geometry: Geometry, array: bigint) {
    this.#space = space;
    this.#geometry = geometry;
    this.#array = array;
  }

  /** Caches the last entry: a scan asks several things about one section in a row. */
  at(section: number): bigint | null {
    if (section !== this.#section) {
      this.#section = -1;
      this.#encoded = this.#readEntry(section);
      this.#section = section;
    }
    return this.#encoded;
  }

  #readEntry(section: number): bigint | null {
    const { entrySize, mapOffset, perRoot, roots } = this.#geometry;
    const root = Math.floor(section / perRoot);
    if (root >= roots) return null;
    const page = this.#pages.get(root, () => this.#readRoot(root));
    return page.length === 0 ? null : u64At(page, (section % perRoot) * entrySize + mapOffset);
  }

  /** Reads the root array page by page: most of its pointers are null. */
  pointer(root: number): bigint {
    const address = this.#array + BigInt(root * POINTER);
    const inside = Number(address & 0xfffn);
    if (inside > PAGE_SIZE - POINTER) return this.#space.u64(address);
    const start = address - BigInt(inside);
    return u64At(
      this.#pointers.get(start, () => this.#space.bytes(start, PAGE_SIZE)),
      inside,
    );
  }

  /** Returns the page of entries that a root pointer leads to; empty for a null pointer. */
  #readRoot(root: number): Uint8Array {
    const pointer = this.pointer(root);
    return pointer === 0n
      ? new Uint8Array(0)
      : this.#space.bytes(pointer, this.#geometry.perRoot * this.#geometry.entrySize);
  }
}
