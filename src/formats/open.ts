import { FileSource } from '../bytes/file-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { InspectError, inFile } from '../errors.ts';
import { explainCut, flattenedImage, isFlattened, unflatten } from './flattened/flattened-image.ts';
import { FlattenedSource } from './flattened/flattened-source.ts';
import { FORMATS, isDumpStart, RAW } from './formats.ts';
import type { DumpFiles, DumpFormat, Open, OpenOptions } from './image/format.ts';
import type { MemoryImage } from './image/image.ts';
import { wrapWherever } from './image/wrap-image.ts';
import { accessFacts, kcoreHint, maskedKcore } from './kcore/access.ts';
import { companionOf } from './vmware/companion.ts';

const KCORE = '/proc/kcore';

/**
 * Opens a dump with all its files. Their content decides the format, never their names.
 * @throws InspectError io, unsupported or corrupt; usage, if the files are not parts of one dump
 */
export async function openImage(paths: readonly string[], options: OpenOptions = {}): Promise<MemoryImage> {
  const sources: ByteSource[] = [];
  try {
    for (const path of paths) sources.push(new FileSource(path));
    const companion = companionTo(sources, options);
    return await (companion ? openWith(companion, sources, options) : openSources(sources, options));
  } catch (error) {
    for (const source of sources) source.close();
    throw paths[0] === KCORE ? explainKcore(error, KCORE) : error;
  }
}

/**
 * The second file of a dump that was given by one of them, if it lies beside it. A user who says where the hole of
 * plain memory is wants no other file to say it.
 */
function companionTo(sources: readonly ByteSource[], { format, hole }: OpenOptions): ByteSource | undefined {
  const [source, ...others] = sources;
  if (source === undefined || others.length > 0 || (format === 'raw' && hole)) return undefined;
  return companionOf(
    source,
    inSource(source, () => headOf(source)),
  );
}

/** If the companion of plain memory is of no use, plain memory is what the user said it is. */
async function openWith(
  companion: ByteSource,
  sources: readonly ByteSource[],
  options: OpenOptions,
): Promise<MemoryImage> {
  const { format, ...others } = options;
  try {
    return await openSources([...sources, companion], others);
  } catch (error) {
    companion.close();
    if (format !== 'raw' || !(error instanceof InspectError) || error.kind === 'io') throw error;
    const image = await openSources(sources, options);
    return wrapWherever(image, {
      warnings: [...image.warnings, `the state beside it is not used: ${error.message}`],
    });
  }
}

/**
 * Opens a dump from any sources. Every error names the file.
 * @throws InspectError unsupported or corrupt; usage, if the sources are not parts of one dump
 */
export async function openSources(
  sources: readonly ByteSource[],
  options: OpenOptions = {},
): Promise<MemoryImage> {
  const files = unflattened(sources, options);
  const format = formatOf(files, options);
  if (!format) throw explained((await import('./foreign/foreign.ts')).notADump(files[0]), files);
  return openAs('open' in format ? format.open : await format.load(), sources, files, options);
}

/**
 * The files as they were before they were flattened.
 * @throws InspectError unsupported or corrupt; usage, if there is no file
 */
export function unflattened(sources: readonly ByteSource[], options: OpenOptions): DumpFiles {
  const plain = (source: ByteSource) =>
    inSource(source, () => (isFlattened(headOf(source)) ? unflatten(source, options.onReading) : source));
  const [first, ...others] = options.format === 'raw' ? sources : sources.map(plain);
  if (first === undefined) throw notOneFile(0);
  return [first, ...others];
}

/**
 * The format of files; undefined if it is not a dump's. @throws InspectError usage, if the files are not parts of
 * one dump
 */
export function formatOf(files: DumpFiles, options: OpenOptions): DumpFormat | undefined {
  const heads = files.map((file) => inSource(file, () => headOf(file)));
  const format = options.format === 'raw' ? RAW : FORMATS.find(({ probe }) => heads.some(probe));
  if (format?.memoryMayBeApart && files.length === 2 && heads.filter(format.probe).length === 1)
    return format;
  if (format?.mayBeSplit) {
    const stranger = files.find((_, i) => !format.probe(heads[i] as Uint8Array));
    if (stranger) throw strangerAmong(stranger, 'not a part of a split dump, unlike the other files');
  } else if (files.length > 1) {
    const stranger = files.find((_, i) => !isDumpStart(heads[i] as Uint8Array));
    throw stranger && options.format !== 'raw'
      ? strangerAmong(stranger, 'not a dump, so not a part of one')
      : notOneFile(files.length);
  }
  return format;
}

/** The image of the files; its format says if they were flattened. @throws InspectError as `open` does */
export function openAs(
  open: Open,
  sources: readonly ByteSource[],
  files: DumpFiles,
  options: OpenOptions,
): MemoryImage {
  try {
    return asWritten(
      inSource(files[0], () => open(files, options)),
      sources,
      files,
    );
  } catch (error) {
    throw explained(error, files);
  }
}

const wasCut = (files: DumpFiles) => files.some((file) => file instanceof FlattenedSource && file.cutShort);

const explained = (error: unknown, files: DumpFiles) => (wasCut(files) ? explainCut(error) : error);

function asWritten(image: MemoryImage, sources: readonly ByteSource[], files: DumpFiles): MemoryImage {
  const flattened = files.filter((file) => file instanceof FlattenedSource);
  if (flattened.length === 0) return image;
  const bytes = sources.reduce((sum, { size }) => sum + size, 0);
  const index = flattened.reduce((sum, { indexBytes }) => sum + indexBytes, 0);
  return flattenedImage(image, { bytes, index }, wasCut(files));
}

/** What `open` returns. Its errors name the file. */
function inSource<T>({ path }: ByteSource, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw inFile(path, error);
  }
}

/** Bytes that show what a file is: a probe needs up to 16, an ELF header tells its type after them. */
const HEAD = 20;

function headOf(source: ByteSource): Uint8Array {
  const start = new Uint8Array(HEAD);
  return start.subarray(0, source.read(0, start));
}

/** The error for a file that does not belong to the others. */
function strangerAmong({ path }: ByteSource, what: string): InspectError {
  const hint = 'give the dump alone: no vmlinux and no System.map is needed';
  return new InspectError('usage', `${path}: ${what}`, { path, hint });
}

function notOneFile(count: number): InspectError {
  return new InspectError(
    'usage',
    `${count} files were given, but only the parts of a split kdump-compressed dump can be read together, or the state of a VMware machine with its memory file`,
  );
}

function explainKcore(error: unknown, path: string): unknown {
  if (!(error instanceof InspectError)) return error;
  const masked = maskedKcore(error, path);
  if (masked || error.kind !== 'io') return masked ?? error;
  const hint = kcoreHint(error, accessFacts());
  return hint ? new InspectError('io', error.message, { ...error.facts, hint }) : error;
}
