import { FileSource } from '../../bytes/file-source.ts';
import { sizeAt } from '../../bytes/folder.ts';
import { InspectError } from '../../errors.ts';
import { isFlattened } from '../flattened/flattened-image.ts';
import { isDumpStart } from '../formats.ts';
import { isKdump } from '../kdump/signature.ts';

/**
 * How the dumps are called that distributions save:
 * - kdump-utils (Fedora, RHEL): vmcore, vmcore.flat over ssh, vmcore-incomplete until it is whole
 *   (dracut/99kdumpbase/kdump.sh of 0598ab068fa0);
 * - kdump-tools (Debian, Ubuntu): dump.DATE, compressed (.gz) if so configured, dump-incomplete; vmcore.DATE if
 *   makedumpfile failed (kdump_save_core of debian/kdump-config.in);
 * - kdump (SUSE): vmcore, which is flattened (dracut/kdump-save of 06132ef5ed19).
 */
const SAVED = /\/(vmcore|dump)(?!-dmesg)([.-][^/]*|\d*)$/;
const INCOMPLETE = /-incomplete/;
const COMPRESSED = /\.(gz|bz2|lz4|xz|zst|lzo)$/;
/** How many other files are looked at, and how large they must be: less than any dump, more than what sysfs says. */
const OTHERS = 1000;
const LEAST = 65_536;

/**
 * The dumps among the files of a folder, each with all its files. Their content decides; of several, those with
 * the names that kdump gives are preferred, and those that are whole.
 */
export async function dumpsAmong(files: readonly string[]): Promise<readonly (readonly string[])[]> {
  const saved = files.filter((path) => SAVED.test(path));
  const others = files.filter((path) => !SAVED.test(path));
  const found =
    firstOf(
      () => saved.filter((path) => !INCOMPLETE.test(path) && mayBeDump(path)),
      () => saved.filter((path) => INCOMPLETE.test(path) && mayBeDump(path)),
      // Opening it says how to unpack it.
      () => saved.filter((path) => COMPRESSED.test(path)),
      () => others.slice(0, OTHERS).filter(isDump),
    ) ?? [];
  return found.length > 1 ? withPartsTogether(found) : found.map((path) => [path]);
}

function firstOf<T>(...attempts: readonly (() => readonly T[])[]): readonly T[] | undefined {
  for (const attempt of attempts) {
    const found = attempt();
    if (found.length > 0) return found;
  }
  return undefined;
}

/** Whether a file is a dump, or cannot be read, which is then what the user has to know. */
function mayBeDump(path: string): boolean {
  try {
    return startsAsDump(path);
  } catch (error) {
    if (error instanceof InspectError) return true;
    throw error;
  }
}

/**
 * Whether a file of another name is a dump. Files of the kernel are left alone, because reading one may do
 * something (/proc/kmsg): they have no size, but for /proc/kcore, and nobody means that by a folder.
 */
function isDump(path: string): boolean {
  try {
    return sizeAt(path) >= LEAST && !path.startsWith('/proc/') && startsAsDump(path);
  } catch (error) {
    if (error instanceof InspectError) return false;
    throw error;
  }
}

/** @throws InspectError io */
function startsAsDump(path: string): boolean {
  const head = headOf(path);
  return isFlattened(head) || isDumpStart(head);
}

function headOf(path: string): Uint8Array {
  const source = new FileSource(path);
  try {
    const start = new Uint8Array(32);
    return start.subarray(0, source.read(0, start));
  } finally {
    source.close();
  }
}

/** The dumps, in which the parts of a split one are together. */
async function withPartsTogether(paths: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { readKdumpHeader } = await import('../kdump/header.ts');
  const dumps = new Map<string, string[]>();
  for (const path of paths) {
    const key = partOf(path, readKdumpHeader) ?? path;
    const known = dumps.get(key);
    if (known) known.push(path);
    else dumps.set(key, [path]);
  }
  return [...dumps.values()];
}

type ReadHeader = typeof import('../kdump/header.ts').readKdumpHeader;

/** What all parts of one split dump have in common; undefined if the file is a dump of its own. */
function partOf(path: string, readHeader: ReadHeader): string | undefined {
  if (!isKdump(headOf(path))) return undefined;
  const source = new FileSource(path);
  try {
    const { split, identity, maxMapnr } = readHeader(source);
    return split === null ? undefined : `${maxMapnr} ${identity}`;
  } catch (error) {
    // Opening it says what is wrong with it.
    if (error instanceof InspectError) return undefined;
    throw error;
  } finally {
    source.close();
  }
}
