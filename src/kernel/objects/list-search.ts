import { InspectError, within } from '../../errors.ts';
import { ImageReader } from '../paging/image-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** list_head: next and prev. */
const HEAD = 16;
/** Heads of lists to look at: an image has some thousands. */
const HEADS_LIMIT = 1 << 20;

/** What the nodes of a list are like. */
export interface NodeTest {
  /** Whether nodes may be at addresses with this upper half. */
  readonly isHigh: (high: number) => boolean;
  /** Whether this is a node of the list. @throws InspectError where its memory cannot be read */
  readonly isNode: (address: bigint) => boolean;
}

/**
 * Finds the head of a list that is a variable of the kernel without a symbol: the place in the image whose
 * neighbours point back at it, and are such nodes. Returns undefined if there is none: an empty list looks
 * like any other.
 * @throws InspectError notStored or io if part of the image cannot be read
 */
export function searchListHead(typed: TypedKernel, test: NodeTest): bigint | undefined {
  const stext = typed.kernel.info.symbol('_stext');
  const image = new ImageReader(typed.space);
  let heads = 0;
  for (const { address, bytes, length } of image.pieces(stext && stext & ~7n, HEAD)) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < length / 4; i += 2) {
      const high = words[i + 1] as number;
      if (high === 0 || !test.isHigh(high) || !test.isHigh(words[i + 3] as number)) continue;
      heads++;
      const next = BigInt(words[i] as number) | (BigInt(high) << 32n);
      const prev = BigInt(words[i + 2] as number) | (BigInt(words[i + 3] as number) << 32n);
      if (isHead(typed, address + BigInt(4 * i), next, prev, test)) return address + BigInt(4 * i);
    }
    if (heads >= HEADS_LIMIT) break;
  }
  if (image.lost) throw within('a list of the kernel cannot be searched for', image.lost);
  return undefined;
}

function isHead({ space }: TypedKernel, at: bigint, next: bigint, prev: bigint, test: NodeTest): boolean {
  try {
    return next !== at && space.u64(next + 8n) === at && space.u64(prev) === at && test.isNode(next);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return false;
    throw error;
  }
}
