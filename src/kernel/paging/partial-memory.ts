import { InspectError } from '../../errors.ts';
import { PAGE_SIZE } from '../../machine.ts';
import type { AddressSpace } from './address-space.ts';

/** A part that is missing, and why. Offsets in bytes from the start of the read. */
export interface MissingPart {
  readonly start: number;
  readonly end: number;
  /** A sentence. */
  readonly reason: string;
}

/** Memory with missing pages: a dump may have one page of an object and not the next. */
export interface PartialMemory {
  readonly bytes: Uint8Array;
  readonly missing: readonly MissingPart[];
}

/** Reads `size` bytes from a virtual address on, page by page if part of them is missing. */
export function readPartial(space: AddressSpace, address: bigint, size: number): PartialMemory {
  const bytes = new Uint8Array(size);
  if (tryRead(space, address, bytes) === undefined) return { bytes, missing: [] };
  const missing: MissingPart[] = [];
  for (let start = 0; start < size; ) {
    const border = PAGE_SIZE - Number((address + BigInt(start)) & BigInt(PAGE_SIZE - 1));
    const end = Math.min(size, start + border);
    const reason = tryRead(space, address + BigInt(start), bytes.subarray(start, end));
    if (reason !== undefined) {
      missing.push({ start, end, reason });
      bytes.fill(0, start, end);
    }
    start = end;
  }
  return { bytes, missing };
}

/** Returns why the memory cannot be read, or undefined if it was. */
function tryRead(space: AddressSpace, address: bigint, into: Uint8Array): string | undefined {
  try {
    space.read(address, into);
    return undefined;
  } catch (error) {
    if (error instanceof InspectError) return error.message;
    throw error;
  }
}
