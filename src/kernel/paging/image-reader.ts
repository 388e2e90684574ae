import { InspectError } from '../../errors.ts';
import { IMAGE_END, PAGE_SIZE, START_KERNEL_MAP } from '../../machine.ts';
import type { AddressSpace } from './address-space.ts';

/**
 * Returns the addresses that may belong to the image, from _stext on: a range of no length if that is not an
 * address of the image.
 */
export function imageRange(stext: bigint | undefined): { readonly start: bigint; readonly end: bigint } {
  if (stext === undefined || stext < START_KERNEL_MAP) return { start: 0n, end: 0n };
  return { start: stext, end: stext < IMAGE_END ? IMAGE_END : stext };
}

/** Bytes of the image that are searched at once. */
const PIECE = 1 << 20;

/** A part of the image. */
export interface ImagePiece {
  /** Virtual address of its first byte. */
  readonly address: bigint;
  /** It, and the first bytes of the next piece. They are overwritten by that. */
  readonly bytes: Buffer;
  /** How many bytes are its own. */
  readonly length: number;
}

/** Reads the kernel image as far as it is in the dump. */
export class ImageReader {
  /**
   * Why part of it could not be read: a failed read if there was one, otherwise memory that the dump lacks.
   */
  lost: InspectError | undefined;
  readonly #space: AddressSpace;

  constructor(space: AddressSpace) {
    this.#space = space;
  }

  /** Fills `into`, with zeros for what is missing: the image may end, and freed init memory is unmapped. */
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

  /**
   * Yields the image from _stext on (imageRange), with zeros for what is missing.
   * @param overlap bytes of the next piece that each piece has, too
   */
  *pieces(stext: bigint | undefined, overlap: number): Generator<ImagePiece> {
    const bytes = Buffer.alloc(PIECE + overlap);
    const { start, end } = imageRange(stext);
    for (let address = start; address < end; address += BigInt(PIECE)) {
      this.readMapped(address, bytes);
      yield { address, bytes, length: PIECE };
    }
  }

  /** Fills `into` and returns whether all of it is there. */
  tryRead(address: bigint, into: Uint8Array): boolean {
    const error = this.#read(address, into);
    this.#note(error);
    return error === undefined;
  }

  /** Returns how many bytes the same page-table entry covers from here, and whether it maps them. */
  #spanAt(address: bigint): { mapped: boolean; length: number } {
    const { result } = this.#space.walk(address);
    if (result.kind === 'noTable') this.tryRead(address, new Uint8Array(1));
    if (result.kind === 'notCanonical') return { mapped: false, length: Number.POSITIVE_INFINITY };
    const size = result.kind === 'mapped' ? result.pageSize : 2 ** result.level.shift;
    return { mapped: result.kind === 'mapped', length: size - Number(address % BigInt(size)) };
  }

  /** Reads page by page: the dump may lack some of the small pages in a large one. */
  #readPages(address: bigint, into: Uint8Array): void {
    const toBorder = PAGE_SIZE - Number(address % BigInt(PAGE_SIZE));
    for (let at = 0; at < into.length; at = at === 0 ? toBorder : at + PAGE_SIZE) {
      const part = into.subarray(at, at === 0 ? toBorder : at + PAGE_SIZE);
      if (!this.tryRead(address + BigInt(at), part)) part.fill(0);
    }
  }

  /** Returns why it cannot be read: parts may be unmapped (freed init memory) or not in the dump. */
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
