import { InspectError, within } from '../../errors.ts';
import { ImageReader, imageRange } from '../paging/image-reader.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

const PIECE = 1 << 20;
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
  const { start, end } = imageRange(typed.kernel.info.symbol('_stext'));
  const image = new ImageReader(typed.space);
  const words = new Uint32Array((PIECE + HEAD) / 4);
  const bytes = new Uint8Array(words.buffer);
  let heads = 0;
  for (let at = start & ~7n; at < end && heads < HEADS_LIMIT; at += BigInt(PIECE)) {
    image.readMapped(at, bytes);
    for (let i = 0; i < PIECE / 4; i += 2) {
      const high = words[i + 1] as number;
      if (high === 0 || !test.isHigh(high) || !test.isHigh(words[i + 3] as number)) continue;
      heads++;
      const next = BigInt(words[i] as number) | (BigInt(high) << 32n);
      const prev = BigInt(words[i + 2] as number) | (BigInt(words[i + 3] as number) << 32n);
      if (isHead(typed, at + BigInt(4 * i), next, prev, test)) return at + BigInt(4 * i);
    }
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
