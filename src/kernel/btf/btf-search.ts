import { type ImageReader, imageRange } from '../paging/image-reader.ts';
import { BTF_START, claimedSize, HEADER_START } from './header.ts';
import { type BtfPlace, SIZE_LIMIT } from './read-btf.ts';

const PIECE = 1 << 20;
/** Headers to look at: a kernel has its own, and some in programs that it carries. */
const HEADERS_LIMIT = 1000;
/** Bytes of all of them together. */
const BYTES_LIMIT = 128 << 20;

/**
 * Yields the places in the image that begin like a BTF. All that is mapped is searched,
 * not only read-only data: before 5.7 BTF was writable, and its alignment is not given (90ceddcb4950).
 */
export function* btfInImage(image: ImageReader, stext: bigint | undefined): Generator<BtfPlace> {
  const piece = Buffer.alloc(PIECE + HEADER_START - 1);
  let headers = 0;
  let bytes = 0;
  const { start, end } = imageRange(stext);
  for (let at = start; at < end; at += BigInt(PIECE)) {
    image.readMapped(at, piece);
    for (let found = piece.indexOf(BTF_START); found >= 0; found = piece.indexOf(BTF_START, found + 1)) {
      if (found >= PIECE) break;
      const size = claimedSize(piece.subarray(found, found + HEADER_START));
      if (size === undefined || size > SIZE_LIMIT) continue;
      bytes += size;
      if (++headers > HEADERS_LIMIT || bytes > BYTES_LIMIT) return;
      yield { address: at + BigInt(found), size: BigInt(size) };
    }
  }
}
