import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from './address-space.ts';

/** Reads what there is of the kernel's image. */
export class ImageReader {
  /** What may be there and cannot be read: in a file that fails before what a dump leaves out. */
  lost: InspectError | undefined;
  readonly #space: AddressSpace;

  constructor(space: AddressSpace) {
    this.#space = space;
  }

  /** Fills `into` with what is there, and zeros where nothing is: the image ends, and freed init memory is unmapped. */
  readMapped(address: bigint, into: Uint8Array): void {
    into.fill(0);
    for (let done = 0; done < into.length; ) {
      const at = address + BigInt(done);
      const span = this.#spanAt(at);
      const part = into.subarray(done, done + span.length);
      if (span.mapped && this.#read(at, part)) this.#readPages(at, part);
      done += part.length;
    }
  }

  /** Whether all of it is there. */
  tryRead(address: bigint, into: Uint8Array): boolean {
    const error = this.#read(address, into);
    this.#note(error);
    return error === undefined;
  }

  /** How far it goes on in the same entry of the page tables, in bytes: where that is empty there is nothing to read. */
  #spanAt(address: bigint): { mapped: boolean; length: number } {
    const { result } = this.#space.walk(address);
    if (result.kind === 'notCanonical') return { mapped: false, length: Number.POSITIVE_INFINITY };
    const size = result.kind === 'mapped' ? result.pageSize : 2 ** result.level.shift;
    return { mapped: result.kind === 'mapped', length: size - Number(address % BigInt(size)) };
  }

  /** Of a large page some small ones may not be in the dump. */
  #readPages(address: bigint, into: Uint8Array): void {
    const toBorder = PAGE_SIZE - Number(address % BigInt(PAGE_SIZE));
    for (let at = 0; at < into.length; at = at === 0 ? toBorder : at + PAGE_SIZE) {
      const part = into.subarray(at, at === 0 ? toBorder : at + PAGE_SIZE);
      if (!this.tryRead(address + BigInt(at), part)) part.fill(0);
    }
  }

  /** Why it cannot be read: parts of the image may be unmapped (freed init memory), or not in the dump. */
  #read(address: bigint, into: Uint8Array): InspectError | undefined {
    try {
      this.#space.read(address, into);
      return undefined;
    } catch (error) {
      if (error instanceof InspectError) return error;
      throw error;
    }
  }

  #note(error: InspectError | undefined): void {
    if (error?.kind === 'io') this.lost = error;
    if (error?.kind === 'notStored') this.lost ??= error;
  }
}
