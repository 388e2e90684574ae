import type { ByteSource } from '../../bytes/source.ts';
import { latin1 } from '../../bytes/words.ts';
import { InspectError } from '../../errors.ts';
import { unsupported } from '../elf/header.ts';
import type { MemoryImage } from '../image.ts';
import { FlattenedSource } from './flattened-source.ts';

/** MAKEDUMPFILE_SIGNATURE, in a field of 16 bytes that its type and version follow (struct makedumpfile_header) */
const SIGNATURE = 'makedumpfile\0';
const HEADER = 32;
/** TYPE_FLAT_HEADER and VERSION_FLAT_HEADER: there are no others */
const TYPE = 1n;
const VERSION = 1n;

/** Whether a file that begins so is flattened. */
export function isFlattened(start: Uint8Array): boolean {
  return latin1(start).startsWith(SIGNATURE);
}

/**
 * Opens a dump that `makedumpfile -F` or QEMU wrote to a pipe, by what it holds.
 * @param open opens the file that was flattened, of whatever format
 * @throws InspectError unsupported or corrupt
 */
export function openFlattened(file: ByteSource, open: (source: ByteSource) => MemoryImage): MemoryImage {
  refuseUnknown(file);
  const source = new FlattenedSource(file);
  if (source.size === 0) throw holdsNothing(file, source.cutShort);
  const image = opened(source, open);
  return {
    ...image,
    format: `${image.format}, flattened`,
    bytes: file.size,
    warnings: [...image.warnings, ...(source.cutShort ? [CUT_SHORT] : [])],
  };
}

const CUT_SHORT =
  'the flattened file has no end record: it was cut short, and what else it lacks it cannot say';

/** What is missing may be what the file was opened for: makedumpfile writes the program headers of an ELF file last. */
function opened(source: FlattenedSource, open: (source: ByteSource) => MemoryImage): MemoryImage {
  try {
    return open(source);
  } catch (error) {
    if (!source.cutShort || !(error instanceof InspectError)) throw error;
    const hint = 'the flattened file was cut short, before the records that describe the rest of it';
    throw new InspectError(error.kind, error.message, { ...error.facts, hint, cause: error });
  }
}

function refuseUnknown(file: ByteSource): void {
  const bytes = new Uint8Array(HEADER);
  if (file.read(0, bytes) < HEADER) throw holdsNothing(file, true);
  const view = new DataView(bytes.buffer);
  const [type, version] = [view.getBigInt64(16), view.getBigInt64(24)];
  if (type === TYPE && version === VERSION) return;
  throw unsupported(
    file.path,
    `a flattened file of type ${type} and version ${version}; only 1 and 1 are known`,
  );
}

function holdsNothing(file: ByteSource, cut: boolean): InspectError {
  const why = cut ? 'was cut short before its first record' : 'has no records';
  return new InspectError('corrupt', `${file.path}: the flattened file ${why}`, { path: file.path });
}
