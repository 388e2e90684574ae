import { FileSource } from '../bytes/file-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { latin1 } from '../bytes/words.ts';
import type { OnProgress, Run } from '../bytes/work.ts';
import { InspectError, inFile } from '../errors.ts';
import { openElf, readElf } from './elf/elf-image.ts';
import { isElf, unsupported } from './elf/header.ts';
import { explainCut, FlattenedImage, isFlattened, unflatten } from './flattened/flattened-image.ts';
import { FlattenedSource } from './flattened/flattened-source.ts';
import { type Foreign, SAVED_MACHINES } from './foreign.ts';
import type { MemoryImage } from './image/image.ts';
import { accessFacts, kcoreHint, maskedKcore } from './kcore/access.ts';
import { isKcore, openKcore } from './kcore/kcore-image.ts';
import { isKdump } from './kdump/signature.ts';
import { isLime, openLime } from './lime.ts';
import { openRaw } from './raw.ts';

const FOREIGN: readonly Foreign[] = [
  {
    magic: 'makedumpfile\0',
    what: 'a flattened file inside of a flattened one',
    hint: 'restore the outer one first: makedumpfile -R VMCORE < FILE',
  },
  { magic: '\x28\xb5\x2f\xfd', what: 'a zstd-compressed file', hint: 'unpack it first: zstd -d FILE' },
  { magic: '\x1f\x8b', what: 'a gzip-compressed file', hint: 'unpack it first: gunzip FILE' },
  { magic: '\xfd7zXZ\0', what: 'an xz-compressed file', hint: 'unpack it first: unxz FILE' },
  { magic: 'BZh', what: 'a bzip2-compressed file', hint: 'unpack it first: bunzip2 FILE' },
];

const KCORE = '/proc/kcore';

/** How a user may help where the content of a file says nothing. */
export interface OpenOptions {
  /** The file is memory as it is, from physical address 0 on. */
  readonly format?: 'raw';
  /** Told while the file's own tables are read, where that takes long; `done` is `total` when they are. */
  readonly onReading?: OnProgress;
  /** Does what may take long and does not let the event loop go round meanwhile. */
  readonly run?: Run;
}

/**
 * Opens a dump, all files of it; what it is follows from its content, never from its name.
 * @throws InspectError io, unsupported or corrupt; usage, when the files are not parts of one dump
 */
export async function openImage(paths: readonly string[], options: OpenOptions = {}): Promise<MemoryImage> {
  const sources: ByteSource[] = [];
  try {
    for (const path of paths) sources.push(new FileSource(path));
    return await openSources(sources, options);
  } catch (error) {
    for (const source of sources) source.close();
    throw paths[0] === KCORE ? explainKcore(error, KCORE) : error;
  }
}

/**
 * Opens a dump that lies in any sources; every error names the file.
 * @throws InspectError unsupported or corrupt; usage, when the sources are not parts of one dump
 */
export async function openSources(
  sources: readonly ByteSource[],
  options: OpenOptions = {},
): Promise<MemoryImage> {
  const files = options.format === 'raw' ? sources : sources.map((source) => plain(source, options));
  try {
    const isSplit = options.format !== 'raw' && files.some((source) => isKdump(headOf(source)));
    return asWritten(
      isSplit ? await openKdumpFiles(files, options) : openOnly(files, options),
      sources,
      files,
    );
  } catch (error) {
    throw wasCut(files) ? explainCut(error) : error;
  }
}

/** Opens a dump of one file of any format but kdump-compressed. @throws InspectError unsupported or corrupt */
export function openSource(source: ByteSource, options: OpenOptions = {}): MemoryImage {
  const file = options.format === 'raw' ? source : plain(source, options);
  return asWritten(openOnly([file], options), [source], [file]);
}

/** A file as it was before it was flattened. */
function plain(source: ByteSource, { onReading }: OpenOptions): ByteSource {
  return within(source, () => (isFlattened(headOf(source)) ? unflatten(source, onReading) : source));
}

const wasCut = (files: readonly ByteSource[]) =>
  files.some((file) => file instanceof FlattenedSource && file.cutShort);

/** The image, and whether it was flattened. */
function asWritten(
  image: MemoryImage,
  sources: readonly ByteSource[],
  files: readonly ByteSource[],
): MemoryImage {
  const flattened = files.filter((file) => file instanceof FlattenedSource);
  if (flattened.length === 0) return image;
  const bytes = sources.reduce((sum, { size }) => sum + size, 0);
  const index = flattened.reduce((sum, { indexBytes }) => sum + indexBytes, 0);
  return new FlattenedImage(image, { bytes, index }, wasCut(files));
}

function openOnly(sources: readonly ByteSource[], options: OpenOptions): MemoryImage {
  const [source, another] = sources;
  if (source === undefined || another !== undefined) throw notOneFile(sources.length);
  return within(source, () => (options.format === 'raw' ? openRaw(source) : openByContent(source)));
}

/** What `open` returns; its errors name the file. */
function within<T>({ path }: ByteSource, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw inFile(path, error);
  }
}

/** The codecs take some milliseconds to load, which only these files need. */
async function openKdumpFiles(
  sources: readonly ByteSource[],
  { onReading, run }: OpenOptions,
): Promise<MemoryImage> {
  for (const source of sources) {
    if (!isKdump(headOf(source))) throw notAPart(source);
  }
  const { openKdump } = await import('./kdump/kdump-image.ts');
  return openKdump(sources, onReading, run);
}

function notAPart({ path }: ByteSource): InspectError {
  return new InspectError('usage', `${path}: this is no part of a split dump, which the other files are`, {
    path,
  });
}

function notOneFile(count: number): InspectError {
  return new InspectError(
    'usage',
    `one FILE is read at a time, and there are ${count}: only the parts of a split kdump-compressed dump are read together`,
  );
}

function headOf(source: ByteSource): Uint8Array {
  const start = new Uint8Array(16);
  return start.subarray(0, source.read(0, start));
}

function openByContent(source: ByteSource): MemoryImage {
  const head = headOf(source);
  if (isLime(head)) return openLime(source);
  if (!isElf(head)) throw notADump(source, head);
  const parts = readElf(source);
  return isKcore(source, parts) ? openKcore(source, parts) : openElf(source, parts);
}

function notADump(source: ByteSource, head: Uint8Array): InspectError {
  const { path } = source;
  if (head.length === 0) return new InspectError('unsupported', `${path}: the file is empty`, { path });
  const text = latin1(head);
  const foreign = [...FOREIGN, ...SAVED_MACHINES].find(({ magic }) => text.startsWith(magic));
  if (foreign) return unsupported(path, foreign.what, foreign.hint);
  const seen = Buffer.from(head.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return new InspectError(
    'unsupported',
    `${path}: not a dump: it begins with ${seen}, an ELF file with 7f 45 4c 46`,
    {
      path,
      offset: 0,
      hint: 'it reads vmcores (ELF64, kdump-compressed, flattened), LiME images, /proc/kcore, and memory as it is with --format raw',
    },
  );
}

function explainKcore(error: unknown, path: string): unknown {
  if (!(error instanceof InspectError)) return error;
  const masked = maskedKcore(error, path);
  if (masked || error.kind !== 'io') return masked ?? error;
  const hint = kcoreHint(error, accessFacts());
  return hint ? new InspectError('io', error.message, { ...error.facts, hint }) : error;
}
