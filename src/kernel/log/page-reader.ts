import { Lru } from '../../bytes/lru.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from '../paging/address-space.ts';

/** 256 KiB: the records of a log are spread over three areas, each read a few pages at a time. */
const CACHED_PAGES = 64;

/** Reads small pieces of virtual memory through a cache of pages. A missing page stays missing. */
export class PageReader {
  readonly #space: AddressSpace;
  readonly #pages = new Lru<bigint, Uint8Array | InspectError>(CACHED_PAGES);

  constructor(space: AddressSpace) {
    this.#space = space;
  }

  /** Returns `length` bytes from a virtual address on. @throws InspectError notMapped or notStored */
  bytes(address: bigint, length: number): Uint8Array {
    const inside = Number(address % BigInt(PAGE_SIZE));
    const first = this.#page(address - BigInt(inside));
    if (inside + length <= PAGE_SIZE) return first.subarray(inside, inside + length);
    const whole = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const part = this.bytes(
        address + BigInt(done),
        Math.min(length - done, leftInPage(address + BigInt(done))),
      );
      whole.set(part, done);
      done += part.length;
    }
    return whole;
  }

  #page(address: bigint): Uint8Array {
    const page = this.#pages.get(address, () => {
      try {
        return this.#space.bytes(address, PAGE_SIZE);
      } catch (error) {
        if (error instanceof InspectError) return error;
        throw error;
      }
    });
    if (page instanceof InspectError) throw page;
    return page;
  }
}

/** Returns the bytes from an address to the end of its page. */
export function leftInPage(address: bigint): number {
  return PAGE_SIZE - Number(address % BigInt(PAGE_SIZE));
}
