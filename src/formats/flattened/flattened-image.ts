import type { ByteSource } from '../../bytes/source.ts';
import { latin1 } from '../../bytes/words.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError } from '../../errors.ts';
import { unsupported } from '../elf/header.ts';
import type { MemoryImage } from '../image/image.ts';
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

/** The file that was flattened. @throws InspectError unsupported or corrupt */
export function unflatten(file: ByteSource, onReading?: OnProgress): FlattenedSource {
  refuseUnknown(file);
  const source = new FlattenedSource(file, onReading);
  if (source.size === 0) throw holdsNothing(file, source.cutShort);
  return source;
}

const CUT_SHORT =
  'the flattened file has no end record: it was cut short, and what else it lacks it cannot say';

/** A dump of any format that was read through a flattened file, and says so. */
export class FlattenedImage implements MemoryImage {
  readonly format: string;
  readonly path: string;
  readonly bytes: number;
  readonly live = false;
  readonly indexBytes: number;
  readonly #image: MemoryImage;
  readonly #cutShort: boolean;

  /** @param bytes of the flattened file, or of all of them; and of the indexes of their records */
  constructor(
    image: MemoryImage,
    { bytes, index }: { readonly bytes: number; readonly index: number },
    cutShort: boolean,
  ) {
    this.#image = image;
    this.indexBytes = index + (image.indexBytes ?? 0);
    this.format = `${image.format}, flattened`;
    this.path = image.path;
    this.bytes = bytes;
    this.#cutShort = cutShort;
  }

  get warnings(): readonly string[] {
    return [...this.#image.warnings, ...(this.#cutShort ? [CUT_SHORT] : [])];
  }

  get memory(): MemoryImage['memory'] {
    return this.#image.memory;
  }

  get segments(): MemoryImage['segments'] {
    return this.#image.segments;
  }

  get unlistedSegments(): number {
    return this.#image.unlistedSegments ?? 0;
  }

  get notes(): MemoryImage['notes'] {
    return this.#image.notes;
  }

  get vmcoreinfo(): MemoryImage['vmcoreinfo'] {
    return this.#image.vmcoreinfo;
  }

  get makedumpfile(): MemoryImage['makedumpfile'] {
    return this.#image.makedumpfile;
  }

  get physBase(): MemoryImage['physBase'] {
    return this.#image.physBase;
  }

  get registers(): MemoryImage['registers'] {
    return this.#image.registers;
  }

  get statistics(): MemoryImage['statistics'] {
    return this.#image.statistics;
  }

  close(): void {
    this.#image.close();
  }
}

/** What is missing may be what the file was opened for: makedumpfile writes the program headers of an ELF file last. */
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
    `a flattened file of type ${type} and version ${version}; only 1 and 1 are known`,
    'a makedumpfile that knows it restores it: makedumpfile -R VMCORE < FILE',
  );
}

function holdsNothing(file: ByteSource, cut: boolean): InspectError {
  const why = cut ? 'was cut short before its first record' : 'has no records';
  return new InspectError('corrupt', `${file.path}: the flattened file ${why}`, { path: file.path });
}
