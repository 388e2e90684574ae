import { textOf } from '../../bytes/text.ts';
import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from '../paging/address-space.ts';

/** Names in the kernel are far shorter; a file name has at most 255 bytes (NAME_MAX). */
const LIMIT = 256;
const PAGE = BigInt(PAGE_SIZE);

/**
 * Returns a NUL-terminated string, cut after `limit` bytes. The memory after its end may be missing.
 * @throws InspectError notMapped or notStored if part of it cannot be read
 */
export function readString(space: AddressSpace, address: bigint, limit = LIMIT): string {
  const inPage = Number(PAGE - (address % PAGE));
  const first = space.bytes(address, Math.min(limit, inPage));
  if (first.length === limit || first.includes(0)) return textOf(first);
  return textOf(Buffer.concat([first, space.bytes(address + BigInt(inPage), limit - inPage)]));
}

/** Like readString, but returns undefined if it cannot be read. @throws InspectError io */
export function tryString(space: AddressSpace, address: bigint, limit = LIMIT): string | undefined {
  try {
    return readString(space, address, limit);
  } catch (error) {
    if (error instanceof InspectError && error.kind !== 'io') return undefined;
    throw error;
  }
}
