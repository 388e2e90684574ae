import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from '../paging/address-space.ts';

/** Names in the kernel are far shorter; a file's has 255 bytes at most (NAME_MAX). */
const LIMIT = 256;
const PAGE = BigInt(PAGE_SIZE);

/**
 * A string that ends with NUL, cut after `limit` bytes. It may end right before memory that is not there.
 * @throws InspectError notMapped or notStored, when it begins or goes on where nothing can be read
 */
export function readString(space: AddressSpace, address: bigint, limit = LIMIT): string {
  const inPage = Number(PAGE - (address % PAGE));
  const first = space.bytes(address, Math.min(limit, inPage));
  if (first.length === limit || first.includes(0)) return textOf(first);
  return textOf(Buffer.concat([first, space.bytes(address + BigInt(inPage), limit - inPage)]));
}

/** As readString, or undefined when there is none. @throws InspectError io */
export function tryString(space: AddressSpace, address: bigint, limit = LIMIT): string | undefined {
  try {
    return readString(space, address, limit);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}
