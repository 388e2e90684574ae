import { textOf } from '../../bytes/text.ts';
import { toNul } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { openLog } from '../log/open-log.ts';
import type { AddressSpace } from '../paging/address-space.ts';
import type { TypedKernel } from '../types/typed-kernel.ts';

/** COMMAND_LINE_SIZE is 2048 on x86_64; a bootconfig (XBC_DATA_MAX, 32 KiB) may precede it. */
const LONGEST = 64 << 10;
const STEP = 256;

/**
 * Returns the kernel's command line, as in /proc/cmdline. Needs no types.
 * @throws InspectError missingInfo, notMapped or notStored; corrupt if it differs from what the kernel keeps
 * elsewhere
 */
export function readCommandLine(typed: TypedKernel): string {
  const { space } = typed;
  if (!typed.symbols.hasData) return loggedLine(typed);
  const bytes = readText(space, space.u64(typed.symbol('saved_command_line')));
  const text = textOf(bytes);
  const at = typed.findSymbol('saved_command_line_len');
  // A kernel that keeps no length still has the line in its log.
  if (at === undefined) requireLogged(typed, text);
  else requireLength(bytes.length, space.u32(at));
  return text;
}

function requireLength(length: number, wanted: number): void {
  if (length === wanted) return;
  const what = `saved_command_line has ${length} bytes, but saved_command_line_len is ${wanted}`;
  throw new InspectError('corrupt', what);
}

/** Printed by start_kernel(), among the first lines. */
const LOGGED = 'Kernel command line: ';
const FIRST_RECORDS = 2000;
/** A log line is somewhat shorter than LOG_LINE_MAX, 1024 with its prefix. */
const WHOLE_LINE = 900;

/** Lines that are no longer in the log, or that others than the kernel wrote, prove nothing. */
function requireLogged({ kernel }: TypedKernel, text: string): void {
  const logged = tryLogged(kernel);
  if (logged === undefined || text.includes(logged.slice(0, WHOLE_LINE))) return;
  throw new InspectError('corrupt', 'saved_command_line differs from the command line in the log');
}

/**
 * Without symbols of data there is only the line in the log: if it is all of it. It was not with a bootconfig,
 * which is in saved_command_line only, and since 6.19 a long one is several lines.
 */
function loggedLine(typed: TypedKernel): string {
  const logged = tryLogged(typed.kernel);
  const isWhole = logged !== undefined && logged.length < WHOLE_LINE && !/\bbootconfig\b|\\\s*$/.test(logged);
  if (isWhole) return logged;
  throw new InspectError(
    'missingInfo',
    'the symbol table of this kernel has functions only, and the log does not have all of the command line',
  );
}

function tryLogged(kernel: TypedKernel['kernel']): string | undefined {
  try {
    let count = 0;
    for (const entry of openLog(kernel).entries()) {
      if (++count > FIRST_RECORDS) return undefined;
      const text = entry.kind === 'record' && entry.facility === 0 ? textOf(entry.text) : '';
      if (text.startsWith(LOGGED)) return text.slice(LOGGED.length);
    }
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
  }
  return undefined;
}

/** Reads a NUL-terminated text in steps that do not cross a page: the next page may be missing. */
function readText(space: AddressSpace, address: bigint): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let length = 0; length < LONGEST; ) {
    const at = address + BigInt(length);
    const part = space.bytes(at, STEP - Number(at % BigInt(STEP)));
    parts.push(part);
    if (part.includes(0)) break;
    length += part.length;
  }
  return toNul(Buffer.concat(parts));
}
