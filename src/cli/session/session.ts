import { readFileSync } from 'node:fs';
import { milliseconds } from '../../bytes/clock.ts';
import { kindAt } from '../../bytes/file-kind.ts';
import type { ReadStatistics } from '../../bytes/source.ts';
import { InspectError, inFile } from '../../errors.ts';
import type { OpenOptions } from '../../formats/image/format.ts';
import { openImage } from '../../formats/open.ts';
import type { DumpPaths } from '../../pages/threads/thread-task.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { EXIT, type OpenOutput, type Output, standardOutput } from '../output/output.ts';
import { say } from '../output/write.ts';
import { completerFor, type OpenedDump, openedDump, place } from './opened-dump.ts';
import { readingBar } from './progress.ts';
import { readVmcoreinfo } from './vmcoreinfo-file.ts';
import { watch } from './watch.ts';

/** What is read if no FILE is given. */
export const LIVE = '/proc/kcore';

/** One run of a command on one dump. */
export interface Session extends OpenedDump {
  readonly output: Output;
  /** How to open the same dump again, in another thread. */
  readonly dump: DumpPaths;
  /** Reads of the dump by other threads, besides those of `image`. */
  readonly readElsewhere: ReadStatistics;
}

/** Opens the dump and the output for `run`, and closes them whatever happens. Returns what `run` returns. */
export async function withDump(
  files: readonly string[],
  options: CommonOptions,
  run: (session: Session) => Promise<number> | number,
): Promise<number> {
  const dump = { files: await filesOf(files, options), options: openOptions(options) };
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
  let status: number = EXIT.failed;
  try {
    const placed = await watched.run(() => place(opened, options, given));
    image = placed.image;
    const again = placed.hole ? { ...dump, options: { ...dump.options, hole: placed.hole } } : dump;
    const parts = { placed, options, watched, complete: await completerFor(image) };
    const own = { ...openedDump(parts, given), output, dump: again, readElsewhere };
    status = await watched.run(() => run(own));
    return status;
  } catch (error) {
    throw isUsage(error) ? error : inFile(image.path, error);
  } finally {
    watched.end();
    // A script gets one JSON object on stderr for a failure, and nothing else.
    if (options.debug && !(options.json && status === EXIT.failed)) {
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

/** All files of the dump: FILE, and those of --part. A folder means the dump in it. */
async function filesOf(files: readonly string[], options: CommonOptions): Promise<readonly string[]> {
  const all = [...files, ...(options.part ?? [])];
  if (all.length === 0) return [LIVE];
  if (!all.some((path) => kindAt(path) === 'folder')) return all;
  const { withoutFolders } = await import('./folders.ts');
  return withoutFolders(all, options);
}
