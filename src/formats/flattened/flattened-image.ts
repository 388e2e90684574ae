import type { ByteSource } from '../../bytes/source.ts';
import { latin1 } from '../../bytes/words.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import { unsupported } from '../elf/header.ts';
import type { MemoryImage } from '../image/image.ts';
import { wrapImage } from '../image/wrap-image.ts';
import { FlattenedSource } from './flattened-source.ts';

/** MAKEDUMPFILE_SIGNATURE, in a 16-byte field; type and version follow (struct makedumpfile_header) */
const SIGNATURE = 'makedumpfile\0';
const HEADER = 32;
/** TYPE_FLAT_HEADER and VERSION_FLAT_HEADER; no others exist */
const TYPE = 1n;
const VERSION = 1n;

/** Whether a file that starts like this is flattened. */
export function isFlattened(start: Uint8Array): boolean {
  return latin1(start).startsWith(SIGNATURE);
}

/** The file as it was before it was flattened. @throws InspectError unsupported or corrupt */
export function unflatten(file: ByteSource, onReading?: OnProgress): FlattenedSource {
  refuseUnknown(file);
  const source = new FlattenedSource(file, onReading);
  if (source.size === 0) throw holdsNothing(file, source.cutShort);
  return source;
}

const CUT_SHORT =
  'the flattened file has no end record: it was cut short, and how much is missing is not known';

/**
 * The image of a dump of any format that was read through a flattened file; its format says so.
 * @param bytes of the flattened files, and of the indexes of their records
 */
export function flattenedImage(
  image: MemoryImage,
  { bytes, index }: { readonly bytes: number; readonly index: number },
  cutShort: boolean,
): MemoryImage {
  return wrapImage(image, {
    format: `${image.format}, flattened`,
    bytes,
    indexBytes: index + (image.indexBytes ?? 0),
    get warnings() {
      return cutShort ? [...image.warnings, CUT_SHORT] : image.warnings;
    },
  });
}

/**
 * The same error with a hint that the file was cut short: the reason for the error may be among what is
 * missing, because makedumpfile writes the program headers of an ELF file last.
 */
export function explainCut(error: unknown): unknown {
  if (!(error instanceof InspectError)) return error;
  const hint = 'the flattened file was cut short, before the records that describe the rest of it';
  return new InspectError(error.kind, error.message, { ...error.facts, hint, cause: error });
}

function refuseUnknown(file: ByteSource): void {
  const bytes = new Uint8Array(HEADER);
  if (file.read(0, bytes) < HEADER) throw holdsNothing(file, true);
  const view = new DataView(bytes.buffer);
  const [type, version] = [view.getBigInt64(16), view.getBigInt64(24)];
  if (type === TYPE && version === VERSION) return;
  throw unsupported(
    file.path,
    `a flattened file of type ${type} and version ${version}; only type 1, version 1 is known`,
    'rearrange it with a makedumpfile that knows this type: makedumpfile -R VMCORE < FILE',
  );
}

function holdsNothing(file: ByteSource, cut: boolean): InspectError {
  const why = cut ? 'was cut short before its first record' : 'has no records';
  return new InspectError('corrupt', `${file.path}: the flattened file ${why}`, { path: file.path });
}
