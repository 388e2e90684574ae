import { contentsOf, type FolderContents, writtenAt } from '../../bytes/folder.ts';
import { InspectError } from '../../errors.ts';
import { dumpsAmong } from './dumps-among.ts';

/** How many folders in a folder are searched. */
const FOLDERS = 1000;
/** How many dumps are named if there are several. */
const NAMED = 5;

/**
 * The files of the dump that a folder means: the only one in it, or in all the folders in it (/var/crash has one
 * for each crash).
 * @throws InspectError io, if there is no dump or the folder cannot be read; usage, if there are several
 */
export async function dumpInFolder(folder: string): Promise<readonly string[]> {
  const contents = contentsOf(folder);
  const here = await dumpsAmong(contents.files);
  const { dumps, unreadable } = here.length > 0 ? { dumps: here, unreadable: [] } : await below(contents);
  const [only, ...others] = dumps;
  if (only === undefined) throw noDump(folder, contents, unreadable);
  if (others.length > 0) throw several(folder, dumps);
  return only;
}

interface Below {
  readonly dumps: readonly (readonly string[])[];
  /** Folders that may hold others. */
  readonly unreadable: readonly string[];
}

async function below({ folders }: FolderContents): Promise<Below> {
  const dumps: (readonly (readonly string[])[])[] = [];
  const unreadable: string[] = [];
  for (const folder of folders.slice(0, FOLDERS))
    try {
      dumps.push(await dumpsAmong(contentsOf(folder).files));
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      // Anything else is a folder that has gone.
      if (error.facts.errno === 'EACCES' || error.facts.errno === 'EPERM') unreadable.push(folder);
    }
  return { dumps: dumps.flat(), unreadable };
}

function several(folder: string, dumps: readonly (readonly string[])[]): InspectError {
  const newest = dumps
    .map((files) => ({ files, written: writtenAt(files.at(-1) ?? '') }))
    .sort((a, b) => b.written - a.written)
    .map(({ files }) => files.join(' '));
  const more = newest.length > NAMED ? ` and ${newest.length - NAMED} more` : '';
  return new InspectError('usage', `${folder}: there are ${dumps.length} dumps in this folder`, {
    path: folder,
    hint: `give one of them instead, newest first: ${newest.slice(0, NAMED).join(', ')}${more}`,
  });
}

/** A log that kdump saved is no dump, but it is what there is. */
const LOG = /\/(vmcore-)?dmesg[^/]*$/;
const LOOKED_FOR =
  'no file in it, or in the folders in it, starts as a dump does (vmcore, vmcore.flat, dump.DATE, ...)';

function noDump(
  folder: string,
  { files, folders }: FolderContents,
  unreadable: readonly string[],
): InspectError {
  return new InspectError('io', `${folder}: is a directory, not a dump`, {
    path: folder,
    errno: 'EISDIR',
    hint: whatThereIs(files, folders, unreadable),
  });
}

function whatThereIs(
  files: readonly string[],
  folders: readonly string[],
  [locked, ...others]: readonly string[],
): string {
  if (locked !== undefined)
    return `${others.length + 1} folders in it cannot be read: try again as root (${locked})`;
  if (files.length + folders.length === 0) return 'it has no files: was a dump saved at all?';
  const log = files.find((path) => LOG.test(path));
  if (log === undefined) return LOOKED_FOR;
  return `kdump saved the kernel log, but not the memory: read it with less ${log}`;
}
