import type { ImageReader } from '../paging/image-reader.ts';
import { BTF_START, claimedSize, HEADER_START } from './header.ts';
import { type BtfPlace, SIZE_LIMIT } from './read-btf.ts';

/** Headers to look at: a kernel has its own, and some in programs that it carries. */
const HEADERS_LIMIT = 1000;
/** Bytes of all of them together. */
const BYTES_LIMIT = 128 << 20;

/**
 * Yields the places in the image that begin like a BTF. All that is mapped is searched,
 * not only read-only data: before 5.7 BTF was writable, and its alignment is not given (90ceddcb4950).
 */
export function* btfInImage(image: ImageReader, stext: bigint | undefined): Generator<BtfPlace> {
  let headers = 0;
  let total = 0;
  for (const { address, bytes, length } of image.pieces(stext, HEADER_START - 1)) {
    for (let found = bytes.indexOf(BTF_START); found >= 0; found = bytes.indexOf(BTF_START, found + 1)) {
      if (found >= length) break;
      const size = claimedSize(bytes.subarray(found, found + HEADER_START));
      if (size === undefined || size > SIZE_LIMIT) continue;
      total += size;
      if (++headers > HEADERS_LIMIT || total > BYTES_LIMIT) return;
      yield { address: address + BigInt(found), size: BigInt(size) };
    }
  }
}
