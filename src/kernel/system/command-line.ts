import type { AddressSpace } from '../address-space.ts';
import type { TypedKernel } from '../typed-kernel.ts';
import { textOf } from '../types/struct-reader.ts';

/** COMMAND_LINE_SIZE is 2048 on x86_64; a bootconfig (XBC_DATA_MAX, 32 KiB) may be before it. */
const LONGEST = 64 << 10;
const STEP = 256;

/**
 * What the kernel was booted with, as in /proc/cmdline. Takes no types.
 * @throws InspectError missingInfo, notMapped or notStored
 */
export function readCommandLine(typed: TypedKernel): string {
  return readText(typed.space, typed.space.u64(typed.symbol('saved_command_line')));
}

/** A text that ends with a NUL: read in steps that cross no page, for the next one may not be there. */
function readText(space: AddressSpace, address: bigint): string {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < LONGEST; ) {
    const at = address + BigInt(length);
    const part = space.bytes(at, STEP - Number(at % BigInt(STEP)));
    parts.push(part);
    if (part.includes(0)) break;
    length += part.length;
  }
  return textOf(Buffer.concat(parts));
}
