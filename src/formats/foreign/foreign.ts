import type { ByteSource } from '../../bytes/source.ts';
import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { unsupported } from '../elf/header.ts';
import { BOOT_SECTOR, DISK_IMAGES } from './disk-images.ts';
import { type ForeignKind, SIGNED } from './foreign-kind.ts';
import { MACHINE_STATES } from './machine-states.ts';
import { OTHER_DUMPS } from './other-dumps.ts';
import { OTHER_FILES } from './other-files.ts';
import { PACKED } from './packed.ts';
import { isText, textKind } from './texts.ts';

/** All kinds of files that are known and not read. The first one that fits names the file. */
export const FOREIGN: readonly ForeignKind[] = [
  ...PACKED,
  ...MACHINE_STATES,
  ...OTHER_DUMPS,
  ...DISK_IMAGES,
  ...OTHER_FILES,
  BOOT_SECTOR,
];

/** Bytes that tell whether a file is text. */
const TEXT = 4096;
const SUPPORTED =
  'supported: vmcores (ELF64, kdump-compressed, flattened), LiME and AVML images, /proc/kcore, and plain memory with --format raw';
const VMEM =
  'the memory file of a VMware machine is read with --format raw, or with the .vmss or .vmsn of that name beside it';
const ZEROS =
  'was it downloaded or written only in part? Plain memory may begin so: it is read with --format raw';
const UNFINISHED = 'is it still being written, or was the disk full?';

/** The error for a file that is not a dump: what it is instead, as far as its first bytes show. */
export function notADump(source: ByteSource): InspectError {
  const { path } = source;
  const start = startOf(source);
  if (start.length === 0)
    return new InspectError('unsupported', `${path}: the file is empty`, { path, hint: UNFINISHED });
  const known = foreignKind(path, start);
  return known ? unsupported(path, known.what, known.hint) : unknown(path, start);
}

function startOf(source: ByteSource): Uint8Array {
  const start = new Uint8Array(SIGNED);
  return start.subarray(0, source.read(0, start));
}

function foreignKind(path: string, start: Uint8Array): { what: string; hint: string } | undefined {
  // Some magic numbers are words that a text may begin with.
  const text = start.subarray(0, TEXT);
  return isText(text) ? textKind(path, text) : FOREIGN.find((one) => isSigned(one, start));
}

function isSigned({ magic, at = 0 }: ForeignKind, start: Uint8Array): boolean {
  return magic.some((text) => latin1(start.subarray(at, at + text.length)) === text);
}

/** The error for a file of no known kind. */
function unknown(path: string, start: Uint8Array): InspectError {
  const seen = Buffer.from(start.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const what = isText(start.subarray(0, TEXT)) ? 'which is text' : 'an ELF file with 7f 45 4c 46';
  const message = `${path}: not a dump: it starts with ${seen}, ${what}`;
  return new InspectError('unsupported', message, { path, offset: 0, hint: hintFor(path, start) });
}

function hintFor(path: string, start: Uint8Array): string {
  if (path.toLowerCase().endsWith('.vmem')) return VMEM;
  return start.every((byte) => byte === 0) ? ZEROS : SUPPORTED;
}
