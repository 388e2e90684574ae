import { readFileSync } from 'node:fs';
import { milliseconds } from '../../bytes/clock.ts';
import type { ReadStatistics } from '../../bytes/source.ts';
import type { OnProgress } from '../../bytes/work.ts';
import { InspectError, inFile } from '../../errors.ts';
import type { OpenOptions } from '../../formats/image/format.ts';
import type { MemoryImage, VmcoreinfoText } from '../../formats/image/image.ts';
import { openImage } from '../../formats/open.ts';
import type { PlacedMemory } from '../../kernel/hole/placed-memory.ts';
import { explainEncrypted } from '../../kernel/identity/encrypted-memory.ts';
import { findVmcoreinfo, type OpenByNote, trustedNote } from '../../kernel/identity/vmcoreinfo-note.ts';
import { openBareKernel } from '../../kernel/layout/bare-kernel.ts';
import { type Kernel, openKernel } from '../../kernel/open/kernel.ts';
import { Vmcoreinfo } from '../../kernel/vmcoreinfo/vmcoreinfo.ts';
import type { DumpPaths } from '../../pages/threads/thread-task.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { type OpenOutput, type Output, standardOutput } from '../output/output.ts';
import { say } from '../output/write.ts';
import { type Progress, progressBar, readingBar } from './progress.ts';
import { readVmcoreinfo } from './vmcoreinfo-file.ts';
import { type Watch, watch } from './watch.ts';

/** What is read if no FILE is given. */
export const LIVE = '/proc/kcore';

/** One run of a command on one dump. */
export interface Session {
  readonly image: MemoryImage;
  readonly output: Output;
  readonly options: CommonOptions;
  /**
   * VMCOREINFO: from --vmcoreinfo, else from the dump's note, else from a search of all its memory.
   * @throws InspectError missingInfo
   */
  vmcoreinfo(): VmcoreinfoText;
  /** How to open the same dump again, in another thread. */
  readonly dump: DumpPaths;
  /** Reads of the dump by other threads, besides those of `image`. */
  readonly readElsewhere: ReadStatistics;
  /** @throws InspectError as openKernel does */
  kernel(): Kernel;
  /**
   * The kernel, or only its page tables if there is no VMCOREINFO. @throws InspectError as openKernel does
   */
  kernelOrTables(): Kernel;
  /**
   * The kernel by the VMCOREINFO that is available without a search. @throws InspectError as openKernel does
   */
  kernelAtHand(): Kernel;
}

/** Opens the dump and the output for `run`, and closes them whatever happens. Returns what `run` returns. */
export async function withDump(
  files: readonly string[],
  options: CommonOptions,
  run: (session: Session) => Promise<number> | number,
): Promise<number> {
  const dump = { files: filesOf(files, options), options: openOptions(options) };
  const opened = await openOutput(options, dump.files);
  try {
    const status = await withImage(dump, options, opened.output, run);
    await opened.keep();
    return status;
  } finally {
    opened.close();
  }
}

/** @throws InspectError usage, if only plain memory could have what is asked for */
function openOptions({ format, hole }: CommonOptions): OpenOptions {
  if (hole && format !== 'raw')
    throw new InspectError('usage', '--hole says how plain memory is stored: it needs --format raw');
  return { ...(format ? { format } : {}), ...(hole ? { hole } : {}) };
}

async function openOutput(options: CommonOptions, files: readonly string[]): Promise<OpenOutput> {
  const { output: path, vmcoreinfo } = options;
  if (path === undefined || path === '-')
    return { output: standardOutput(options), keep: async () => {}, close: () => {} };
  const { openOutputFile } = await import('../output/output-file.ts');
  return openOutputFile(path, options, vmcoreinfo === undefined ? files : [...files, vmcoreinfo]);
}

async function withImage(
  dump: DumpPaths,
  options: CommonOptions,
  output: Output,
  run: (session: Session) => Promise<number> | number,
): Promise<number> {
  const given = options.vmcoreinfo === undefined ? undefined : readVmcoreinfo(options.vmcoreinfo);
  const start = milliseconds();
  const watched = watch(options);
  const opening = { ...dump.options, onReading: readingBar(options), run: watched.run };
  const opened = await watched.run(() => openImage(dump.files, opening));
  let image = opened;
  const readElsewhere = { reads: 0, bytes: 0 };
  try {
    const placed = await watched.run(() => place(opened, options, given));
    image = placed.image;
    const again = placed.hole ? { ...dump, options: { ...dump.options, hole: placed.hole } } : dump;
    const parts = { placed, options, watched, complete: await completerFor(image) };
    const own = { ...session(parts, given), output, dump: again, readElsewhere };
    return await watched.run(() => run(own));
  } catch (error) {
    throw isUsage(error) ? error : inFile(image.path, error);
  } finally {
    watched.end();
    if (options.debug) {
      const reads = image.statistics.reads + readElsewhere.reads;
      const bytes = image.statistics.bytes + readElsewhere.bytes;
      const time = `${(milliseconds() - start).toFixed(1)} ms`;
      const memory = `peak memory ${peakMemory()} KiB`;
      say(`kdump-inspect: ${time}, ${reads} reads of ${bytes} bytes, ${memory}\n`);
    }
    image.close();
  }
}

/**
 * KiB, of this program alone. getrusage(2) would report the memory of the parent process if that had more.
 */
function peakMemory(): string {
  try {
    return /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? 'unknown';
  } catch {
    // A machine or container without /proc.
    return 'unknown';
  }
}

/** An error in the command line is not an error in the file. */
function isUsage(error: unknown): boolean {
  return error instanceof InspectError && error.kind === 'usage';
}

/** What adds the memory that a dump leaves out because it is all zero. Few do that, so it is loaded only then. */
async function completerFor({ absent }: MemoryImage): Promise<(kernel: Kernel) => Kernel> {
  if (absent?.means !== 'zero') return (kernel) => kernel;
  return (await import('../../pages/absent/left-out.ts')).completeMemory;
}

interface Parts {
  readonly placed: PlacedMemory;
  readonly options: CommonOptions;
  readonly watched: Watch;
  readonly complete: (kernel: Kernel) => Kernel;
}

function session(
  { placed, options, watched, complete }: Parts,
  given?: VmcoreinfoText,
): Omit<Session, 'output' | 'dump' | 'readElsewhere'> {
  const { image } = placed;
  let found = given ?? placed.vmcoreinfo;
  let opened: Kernel | undefined;
  const open = keepingOpener(watched);
  const vmcoreinfo = () =>
    explained(image, () => {
      found ??= find(image, options, open);
      if (found instanceof InspectError) throw found;
      return found;
    });
  const kernel = () => {
    opened ??= explained(image, () => complete(open(image, vmcoreinfo())));
    return opened;
  };
  return {
    image,
    options,
    vmcoreinfo,
    kernel,
    kernelOrTables: () => orTables(image, kernel, watched),
    kernelAtHand: () => open(image, given ?? trustedNote(image, open)),
  };
}

/** What `find` returns. Its errors say if the memory is encrypted. */
function explained<T>(image: MemoryImage, find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw explainEncrypted(image, error);
  }
}

/**
 * Opens the kernel of each VMCOREINFO text once: checking a note opens the kernel that is used afterwards.
 */
function keepingOpener(watched: Watch): OpenByNote {
  const kept = new Map<string, Kernel>();
  return (image, text) => {
    const known = kept.get(text.text);
    // The test of a text adds what speaks for it.
    if (known) return { ...known, info: new Vmcoreinfo(text) };
    const kernel = watched.kernel(openKernel(image, { vmcoreinfo: text }));
    kept.set(text.text, kernel);
    return kernel;
  };
}

function find(image: MemoryImage, options: CommonOptions, open: OpenByNote): VmcoreinfoText {
  try {
    return withSearchBar(options, (searching) => findVmcoreinfo(image, searching, options.boot, open));
  } catch (error) {
    if (!options.hole || !(error instanceof InspectError) || error.facts.key !== 'VMCOREINFO') throw error;
    const hint = 'is --hole right? Without it, each hole that there may be is tried';
    throw new InspectError(error.kind, error.message, { ...error.facts, hint });
  }
}

/** Memory where it belongs. What finds that out is loaded only for a file that does not say it. */
async function place(
  image: MemoryImage,
  options: CommonOptions,
  vmcoreinfo?: VmcoreinfoText,
): Promise<PlacedMemory> {
  if (!image.placedAround) return { image };
  const { placeMemory } = await import('../../kernel/hole/placed-memory.ts');
  const { boot } = options;
  return withSearchBar(options, (onBytes) => placeMemory(image, { vmcoreinfo, boot, onBytes }));
}

/** The bar is made only if memory has to be searched. */
function withSearchBar<T>(options: CommonOptions, work: (searching: () => OnProgress) => T): T {
  let progress: Progress | undefined;
  try {
    return work(() => {
      progress = progressBar('searching for VMCOREINFO', options);
      return progress.update;
    });
  } finally {
    progress?.end();
  }
}

function orTables(image: MemoryImage, kernel: () => Kernel, watched: Watch): Kernel {
  try {
    return kernel();
  } catch (error) {
    if (!(error instanceof InspectError) || error.facts.key !== 'VMCOREINFO') throw error;
    return watched.kernel(openBareKernel(image, error));
  }
}

/** All files of the dump: FILE, and those of --part. */
function filesOf(files: readonly string[], { part = [] }: CommonOptions): readonly string[] {
  const all = [...files, ...part];
  return all.length === 0 ? [LIVE] : all;
}
